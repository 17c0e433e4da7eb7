import { ZonebridgeError } from '../../core/errors.ts';
import { digest } from '../../core/model/content-hash.ts';
import type { Clock } from '../../core/ports.ts';
import { formerStateMs } from './reads-lag.ts';

interface Former {
  state: string;
  until: number;
}

/** Of each object, by place and name. */
const formerStates = new Map<string, Former[]>();

/**
 * Where a call carries a whole list, it is made from what was read: from a read that came too late it would put back what left a moment ago, and
 * take off what came. So this process remembers what its own writes have replaced for five minutes, and makes nothing of that. A person who puts back just
 * such a state is waited for as long.
 */
export class OwnWrites {
  readonly #clock: Clock;
  readonly #place: string;

  constructor(clock: Clock, place: readonly unknown[]) {
    this.#clock = clock;
    this.#place = JSON.stringify(place);
  }

  /** Throws `firewall/busy` for what was replaced by a write of ours; undefined: there was nothing. */
  refuseLate(name: string, read: Iterable<string> | undefined): void {
    const state = stateOf(read);
    if (!this.#former(name).some((one) => one.state === state)) return;
    throw new ZonebridgeError(
      'firewall/busy',
      `${name} is shown as it was before our last change; nothing is made of that`,
    );
  }

  /** What a write of ours that is done has replaced, and by what. */
  note(name: string, before: Iterable<string> | undefined, after: Iterable<string>): void {
    const now = stateOf(after);
    const former = [
      ...this.#former(name),
      { state: stateOf(before), until: this.#clock.now() + formerStateMs },
    ];
    formerStates.set(
      this.#key(name),
      former.filter(({ state }) => state !== now),
    );
  }

  #former(name: string): Former[] {
    const key = this.#key(name);
    const left = (formerStates.get(key) ?? []).filter(({ until }) => until > this.#clock.now());
    if (left.length === 0) formerStates.delete(key);
    else formerStates.set(key, left);
    return left;
  }

  #key(name: string): string {
    return this.#place + name;
  }
}

function stateOf(texts: Iterable<string> | undefined): string {
  return texts === undefined ? '' : digest(JSON.stringify([...texts].sort()));
}
