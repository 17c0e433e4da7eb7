import { gzipSync } from 'node:zlib';
import type { ListSource, ServedList } from '../../core/lists.ts';
import type { Clock, Telemetry } from '../../core/ports.ts';
import { versionOf } from './version.ts';

/** A list that can be served. */
export interface Copy {
  text: string;
  /** Hash of the text: the same members are the same version. */
  version: string;
  gzip: Uint8Array;
}

interface Kept {
  /** Undefined: there is no list of this name, or none that ever held a member. */
  copy: Copy | undefined;
  /** Of the object in the store. */
  tag: string | undefined;
  /** Not asked for again before this time. */
  until: number;
  /** Since when the store says that there is none, although we have a copy with members. */
  goneSince?: number | undefined;
}

/** How old a copy may be, in milliseconds: far below the shortest poll, far above the time between two requests. */
const freshMs = 5_000;
/** After a failure, so that not every request waits for a store that is down. */
const pauseMs = 1_000;
/**
 * We empty a list before we delete it, so one that is gone with members in it was deleted by somebody else; two comparisons make it anew
 * within this time. After it the list counts as gone: it may have been emptied and deleted while nobody fetched it.
 */
const goneMs = 1_800_000;
const keptMax = 500;

/** Copies of the lists in memory, asked for anew when they are older than five seconds; the last good one while the store does not answer. */
export class Shelf {
  readonly #kept = new Map<string, Kept>();
  readonly #ports: { clock: Clock; telemetry: Telemetry };

  constructor(ports: { clock: Clock; telemetry: Telemetry }) {
    this.#ports = ports;
  }

  /** `missing`: certainly no such list; `unknown`: the store did not answer and there is no copy. */
  async read(name: string, source: () => Promise<ListSource>): Promise<Copy | 'missing' | 'unknown'> {
    const { clock, telemetry } = this.#ports;
    const known = this.#kept.get(name);
    if (known && clock.now() < known.until) return known.copy ?? 'missing';
    try {
      return this.#keep(name, this.#next(name, known, await (await source()).read(name, known?.tag)));
    } catch (error) {
      telemetry.warn('list not read, the last copy is served', { list: name, problem: String(error) });
      if (!known) return 'unknown';
      return this.#keep(name, { ...known, until: clock.now() + pauseMs });
    }
  }

  /** What is known after the store answered. */
  #next(name: string, known: Kept | undefined, found: ServedList | 'unchanged' | 'missing'): Kept {
    const now = this.#ports.clock.now();
    const until = now + freshMs;
    if (found === 'unchanged') return { copy: undefined, tag: undefined, ...known, until };
    if (found === 'missing') {
      const goneSince = known?.goneSince ?? now;
      const mayComeBack = known?.copy !== undefined && known.copy.text !== '' && now - goneSince < goneMs;
      if (!mayComeBack) return { copy: undefined, tag: undefined, until };
      this.#ports.telemetry.warn('list gone from its bucket, the last copy is served', { list: name });
      return { ...known, tag: undefined, until, goneSince };
    }
    const { text, tag, filled } = found;
    // Asked for as a whole again: once it was filled and emptied it has the same text, and S3 names a version by its text.
    if (!filled && text === '') return { copy: undefined, tag: undefined, until };
    // Written again with the same members, as a restored bucket has them.
    return { copy: known?.copy?.text === text ? known.copy : copyOf(text), tag, until };
  }

  #keep(name: string, kept: Kept): Copy | 'missing' {
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    // Names come from outside: what nobody asked for lately goes first, copies of lists last.
    if (this.#kept.size > keptMax) this.#kept.delete(this.#oldest());
    return kept.copy ?? 'missing';
  }

  #oldest(): string {
    for (const [name, { copy }] of this.#kept) if (!copy) return name;
    return this.#kept.keys().next().value ?? '';
  }
}

function copyOf(text: string): Copy {
  return { text, version: versionOf(text), gzip: gzipSync(text) };
}
