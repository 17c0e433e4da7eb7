import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../../core/errors.ts';
import type { ObjectRef, Outcome } from '../../../core/firewall.ts';
import { type Attempt, endsAttempt } from '../../shared/attempt.ts';
import { foreign, type Marks } from '../../shared/marks.ts';
import type { FmcClient } from '../client.ts';
import { distinct, listAll, readItem } from '../lists.ts';
import { agentOf } from '../names.ts';
import { dynamicSince, isAtLeast } from '../version.ts';

export const dynamicPath = '/object/dynamicobjects';

const figure = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);
const dynamicObject = z.looseObject({
  id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  name: z.string(),
  description: z.string().optional(),
  metadata: z.looseObject({ mappingsCount: figure.optional() }).optional(),
});
export type DynamicObject = z.infer<typeof dynamicObject>;

/** Entries of one bulk call. */
const bulkMax = 1_000;

/** An object to make, and its comment. */
interface Wanted {
  object: ObjectRef;
  comment: string;
}

/** Up to so many names are looked up one by one; beyond, one listing tells all. */
const singlyUpTo = 3;

/** Finds, makes and deletes dynamic objects, and remembers the ids of those whose mark was seen in this process. */
export class DynamicObjects {
  readonly #client: FmcClient;
  readonly #marks: Marks;
  readonly #hub: string;

  constructor(client: FmcClient, marks: Marks, hub: string) {
    this.#client = client;
    this.#marks = marks;
    this.#hub = hub;
  }

  /** Throws `firewall/unsupported` below 7.0. */
  requireDynamic(): void {
    const { version } = this.#client;
    if (isAtLeast(version, dynamicSince)) return;
    throw new ZonebridgeError(
      'firewall/unsupported',
      `FMC ${version} has no dynamic objects, they exist from ${dynamicSince}: use channel "objects" or upgrade`,
    );
  }

  /** The object of this exact name; undefined when there is none. Remembers its id when it is ours or offered to us. */
  async find(object: ObjectRef, more: { count?: boolean } = {}): Promise<DynamicObject | undefined> {
    this.requireDynamic();
    const query = { name: object.name, expanded: 'true', ...(more.count ? { includeCount: 'true' } : {}) };
    const listed = await listAll(this.#client, dynamicObject, { path: dynamicPath, query });
    const found = listed.find(({ name }) => name === object.name);
    await this.#remember(object, found);
    return found;
  }

  /** Every dynamic object of the domain, whoever made it, 1,000 to a call. */
  async list(query: Record<string, string> = {}): Promise<readonly DynamicObject[]> {
    this.requireDynamic();
    const request = { path: dynamicPath, query: { expanded: 'true', ...query } };
    return distinct(await listAll(this.#client, dynamicObject, request), ({ id }) => id, dynamicPath);
  }

  /** Looks at those that this process has not seen yet, in as few calls as possible. */
  async lookUp(objects: readonly ObjectRef[]): Promise<void> {
    const unknown: ObjectRef[] = [];
    for (const object of objects) if ((await this.knownId(object)) === undefined) unknown.push(object);
    if (unknown.length <= singlyUpTo) {
      for (const object of unknown) await this.find(object);
      return;
    }
    const byName = new Map((await this.list()).map((found) => [found.name, found]));
    for (const object of unknown) await this.#remember(object, byName.get(object.name));
  }

  /** Id of an object that was seen as ours, or offered, in this process. */
  async knownId(object: ObjectRef): Promise<string | undefined> {
    return this.#client.session.ids.get(await this.#key(object));
  }

  async forget(object: ObjectRef): Promise<void> {
    this.#client.session.ids.delete(await this.#key(object));
  }

  /** Id of an object that we may write to. Throws `firewall/object-missing` and `firewall/object-foreign`. */
  async idOf(object: ObjectRef): Promise<string> {
    const known = await this.knownId(object);
    if (known !== undefined) return known;
    const found = await this.find(object);
    if (!found) throw missing(object);
    if (!this.isFor(object, found)) throw foreign(object.name);
    return found.id;
  }

  isFor(object: ObjectRef, found: DynamicObject): boolean {
    return this.#marks.isFor(object, commentOf(found));
  }

  isOurs(name: string, found: DynamicObject): boolean {
    return this.#marks.isOurs(name, commentOf(found));
  }

  /** Makes objects of ours: up to 1,000 in one call, and one by one when that is refused for what it holds. */
  async create(attempt: Attempt, wanted: readonly Wanted[]): Promise<ReadonlyMap<ObjectRef, Outcome>> {
    const outcomes = new Map<ObjectRef, Outcome>();
    let refused: Outcome | undefined;
    for (let from = 0; from < wanted.length; from += bulkMax) {
      const some = wanted.slice(from, from + bulkMax);
      const all = refused ?? (some.length > 1 ? await this.#createMany(attempt, some) : undefined);
      for (const one of some) {
        const outcome = refused ?? all ?? (await attempt.step(async () => await this.#createOne(one)));
        outcomes.set(one.object, outcome);
        // A busy manager would refuse the others, too.
        if (outcome.state === 'failed' && !isAboutContent(outcome.error)) refused = outcome;
      }
    }
    return outcomes;
  }

  /** What came of all of them; undefined when each has to be made alone. */
  async #createMany(attempt: Attempt, wanted: readonly Wanted[]): Promise<Outcome | undefined> {
    const outcome = await attempt.step(async () => await this.#postMany(wanted));
    if (outcome.state === 'failed') return isAboutContent(outcome.error) ? undefined : outcome;
    if (outcome.state === 'done' || endsAttempt(outcome.error)) return outcome;
    // Some may be there: what is sent again without a look could be made twice.
    const looked = await attempt.step(async () => await this.lookUp(wanted.map(({ object }) => object)));
    return looked.state === 'done' ? undefined : outcome;
  }

  /** Throws `firewall/outcome-unknown` when the answer does not show each of them. */
  async #postMany(wanted: readonly Wanted[]): Promise<void> {
    this.requireDynamic();
    const body = wanted.map((one) => this.#fields(one));
    const answer = await this.#client.post(dynamicPath, body, { bulk: 'true' });
    const made = z.array(dynamicObject.extend({ status: z.string().optional() })).safeParse(answer['items']);
    const shown = (made.success ? made.data : []).filter(({ status }) => status !== 'FAILED');
    const byName = new Map(shown.map((one) => [one.name, one]));
    for (const { object } of wanted) await this.#remember(object, byName.get(object.name));
    if (wanted.every(({ object }) => byName.has(object.name))) return;
    throw new ZonebridgeError(
      'firewall/outcome-unknown',
      `POST ${dynamicPath}: success that does not show all objects`,
    );
  }

  async #createOne({ object, comment }: Wanted): Promise<void> {
    this.requireDynamic();
    if ((await this.knownId(object)) !== undefined) return;
    try {
      const made = await this.#client.post(dynamicPath, this.#fields({ object, comment }));
      await this.#remember(object, readItem(dynamicObject, made, `POST ${dynamicPath}`));
    } catch (error) {
      const perhaps = isDuplicate(error) || isZonebridgeError(error, 'firewall/outcome-unknown');
      if (!perhaps) throw error;
      // There already, or perhaps there: what is stored under the name decides.
      const found = await this.find(object);
      if (!found) throw error;
      if (!this.isOurs(object.name, found)) throw foreign(object.name);
    }
  }

  #fields({ object, comment }: Wanted): Record<string, string> {
    return {
      name: object.name,
      type: 'DynamicObject',
      objectType: 'IP',
      description: comment,
      agentId: agentOf(this.#hub),
    };
  }

  async #remember(object: ObjectRef, found: DynamicObject | undefined): Promise<void> {
    if (found && found.name === object.name && this.isFor(object, found))
      this.#client.session.ids.set(await this.#key(object), found.id);
    else await this.forget(object);
  }

  /** Seen for this firewall and group: another one's mark is another word. */
  async #key({ name, create, group }: ObjectRef): Promise<string> {
    const word = create === 'own' ? this.#marks.commentFor(name) : group;
    return JSON.stringify([await this.#client.domain(), name, create, word]);
  }
}

/** An empty description comes back as a blank. */
export function commentOf({ description }: { description?: string | undefined }): string {
  return (description ?? '').trim();
}

export function missing(object: ObjectRef): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/object-missing',
    `there is no dynamic object ${object.name} on the manager`,
  );
}

/** A refusal of what was asked; a busy or silent manager would refuse anything else, too. */
export function isAboutContent({ code }: ZonebridgeError): boolean {
  return (
    code === 'firewall/rejected' ||
    code === 'firewall/table-full' ||
    code === 'firewall/object-missing' ||
    code === 'firewall/object-foreign'
  );
}

function isDuplicate(error: unknown): boolean {
  return isZonebridgeError(error) && error.fields.duplicate === true;
}
