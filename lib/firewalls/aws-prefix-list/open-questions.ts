import type { ConnectionRequest, OpenQuestion } from '../../core/firewall.ts';
import { digest } from '../../core/model/content-hash.ts';
import { marks } from '../shared/marks.ts';
import { refusalOf } from '../shared/refusal.ts';
import { Ec2 } from './ec2.ts';
import { isReason } from './errors.ts';
import { Lists } from './lists.ts';
import type { PrefixList } from './prefix-list.ts';
import type { PrefixListSettings } from './schema.ts';
import { markTag } from './tags.ts';

type Request = ConnectionRequest<PrefixListSettings>;

const [one, two, three] = ['192.0.2.1/32', '192.0.2.2/32', '192.0.2.3/32'];
/** After our first look; one that takes longer costs further looks (see the waits in `lists.ts`). */
const soonMs = 500;

/** What the readme lists under "Not verifiable here" and calls alone can settle. */
export const openQuestions: readonly OpenQuestion<PrefixListSettings>[] = [
  {
    id: 'change-ends-soon',
    assumption: `a change of entries is in progress for less than ${soonMs} ms`,
    ask: async (request, prefix) =>
      await withLists(request, async (scratch) => {
        const list = await scratch.make(`${prefix}soon`, 2);
        const began = request.clock.now();
        await scratch.change(list, { add: [one] });
        const took = request.clock.now() - began;
        return { holds: took < soonMs, seen: `${took} ms until it was seen done` };
      }),
  },
  {
    id: 'quota-after-removals',
    assumption: 'the size of a list counts what is there after the removals of the same call',
    ask: async (request, prefix) =>
      await withLists(request, async (scratch) => {
        const list = await scratch.make(`${prefix}swap`, 1);
        const filled = await scratch.change(list, { add: [one] });
        const refused = await refusalOf(() => scratch.change(filled, { add: [two], remove: [one] }));
        return { holds: refused === undefined, seen: refused?.message ?? 'it was taken' };
      }),
  },
  {
    id: 'full-told',
    assumption: 'more entries than the size are refused by `PrefixListMaxEntriesExceeded`',
    ask: async (request, prefix) =>
      await withLists(request, async (scratch) => {
        const list = await scratch.make(`${prefix}full`, 2);
        const refused = await refusalOf(() => scratch.change(list, { add: [one, two, three] }));
        return {
          holds: isReason(refused, 'PrefixListMaxEntriesExceeded'),
          seen: refused?.message ?? 'it was taken',
        };
      }),
  },
  {
    id: 'old-version-told',
    assumption: 'a change with an old version is refused by `PrefixListVersionMismatch` or `IncorrectState`',
    ask: async (request, prefix) =>
      await withLists(request, async (scratch) => {
        const list = await scratch.make(`${prefix}old`, 2);
        await scratch.change(list, { add: [one] });
        const refused = await refusalOf(() => scratch.change(list, { add: [two] }), isVersionRefusal);
        return { holds: isVersionRefusal(refused), seen: refused?.message ?? 'it was taken' };
      }),
  },
  {
    id: 'repeated-entry-told',
    assumption:
      'an entry that is there, or one that is not, makes EC2 refuse the whole change by `InvalidPrefixListModification` or `InvalidParameterValue`',
    ask: async (request, prefix) =>
      await withLists(request, async (scratch) => {
        const list = await scratch.make(`${prefix}again`, 3);
        const filled = await scratch.change(list, { add: [one] });
        const refused = await refusalOf(() => scratch.change(filled, { add: [two], remove: [three] }));
        const left = await scratch.ec2.entries(await scratch.now(filled));
        return {
          holds:
            isReason(refused, 'InvalidPrefixListModification', 'InvalidParameterValue') &&
            left.join() === one,
          seen: `${refused?.message ?? 'it was taken'}; it holds ${left.join(', ')}`,
        };
      }),
  },
  {
    id: 'token-makes-one-list',
    assumption: 'a creation that is repeated with its `ClientToken` returns the first list',
    ask: async (request, prefix) =>
      await withLists(request, async (scratch) => {
        const first = await scratch.make(`${prefix}once`, 1);
        const second = await scratch.make(`${prefix}once`, 1);
        const same = first.id === second.id;
        return { holds: same, seen: same ? 'it is the first one' : 'it is another one' };
      }),
  },
];

function isVersionRefusal(error: unknown): boolean {
  return isReason(error, 'PrefixListVersionMismatch', 'IncorrectState');
}

/** Lists of ours that nothing uses. */
class ScratchLists {
  readonly ec2: Ec2;
  readonly #lists: Lists;
  readonly #request: Request;
  readonly #began: number;
  readonly #made = new Map<string, PrefixList>();

  constructor(request: Request) {
    this.#request = request;
    this.#began = request.clock.now();
    this.ec2 = new Ec2(request);
    const seen = marks((name) => request.commentFor(name));
    this.#lists = new Lists({ ec2: this.ec2, marks: seen, clock: request.clock, known: new Map() });
  }

  /** Makes one, or asks for the same again. */
  async make(name: string, maxEntries: number): Promise<PrefixList> {
    const mark = this.#request.commentFor(name).split(' ')[0] ?? '';
    const token = digest(JSON.stringify([name, this.#began]));
    const made = await this.ec2.create({ name, family: 4, maxEntries, tags: { [markTag]: mark }, token });
    this.#made.set(made.id, made);
    return await this.#lists.done(made, 'CreateManagedPrefixList', () => true);
  }

  /** Returns the list when the change is done. */
  async change(
    list: PrefixList,
    { add = [], remove = [] }: { add?: readonly string[]; remove?: readonly string[] },
  ): Promise<PrefixList> {
    await this.ec2.changeEntries(list, { add, remove, description: 'scratch' });
    return await this.#lists.done(list, 'ModifyManagedPrefixList', ({ version }) => version > list.version);
  }

  async now(list: PrefixList): Promise<PrefixList> {
    return (await this.ec2.list(list.id)) ?? list;
  }

  async clear(): Promise<void> {
    for (const list of this.#made.values()) await this.#drop(list);
  }

  /** While a change is under way, none is deleted. */
  async #drop(list: PrefixList): Promise<void> {
    await this.#lists.done(list, 'ModifyManagedPrefixList', () => true).catch(() => undefined);
    const refused = await refusalOf(() => this.ec2.delete(list.id));
    if (refused && refused.code !== 'firewall/object-missing') throw refused;
    await this.#lists.gone(list);
  }
}

async function withLists<T>(request: Request, ask: (scratch: ScratchLists) => Promise<T>): Promise<T> {
  const scratch = new ScratchLists(request);
  try {
    return await ask(scratch);
  } finally {
    try {
      await scratch.clear();
    } finally {
      scratch.ec2.close();
    }
  }
}
