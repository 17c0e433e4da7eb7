import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../../core/errors.ts';
import type { ObjectRef } from '../../../core/firewall.ts';
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

  /** Makes objects of ours: several in one call, and one by one when that is refused. Returns the error of each that was not made. */
  async create(
    wanted: readonly { object: ObjectRef; comment: string }[],
  ): Promise<Map<ObjectRef, ZonebridgeError>> {
    const failed = new Map<ObjectRef, ZonebridgeError>();
    const [first, ...others] = wanted;
    if (!first) return failed;
    if (others.length > 0 && (await this.#createMany(wanted))) return failed;
    for (const one of wanted) {
      try {
        await this.#createOne(one.object, one.comment);
      } catch (error) {
        if (!isZonebridgeError(error)) throw error;
        failed.set(one.object, error);
      }
    }
    return failed;
  }

  /** False when it was refused as a whole: then nothing was made, or some were, which making each alone finds out. */
  async #createMany(wanted: readonly { object: ObjectRef; comment: string }[]): Promise<boolean> {
    try {
      const body = wanted.map(({ object, comment }) => this.#fields(object, comment));
      const answer = await this.#client.post(dynamicPath, body, { bulk: 'true' });
      const made = z
        .array(dynamicObject.extend({ status: z.string().optional() }))
        .safeParse(answer['items']);
      const byName = new Map((made.success ? made.data : []).map((one) => [one.name, one]));
      const done = wanted.map(({ object }) => [object, byName.get(object.name)] as const);
      if (done.some(([, found]) => found === undefined || found.status === 'FAILED')) return false;
      for (const [object, found] of done) await this.#remember(object, found);
      return true;
    } catch (error) {
      if (isZonebridgeError(error, 'firewall/rejected', 'firewall/outcome-unknown')) return false;
      throw error;
    }
  }

  async #createOne(object: ObjectRef, comment: string): Promise<void> {
    this.requireDynamic();
    if ((await this.knownId(object)) !== undefined) return;
    try {
      const made = await this.#client.post(dynamicPath, this.#fields(object, comment));
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

  #fields(object: ObjectRef, description: string): Record<string, string> {
    return {
      name: object.name,
      type: 'DynamicObject',
      objectType: 'IP',
      description,
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

function isDuplicate(error: unknown): boolean {
  return isZonebridgeError(error) && error.fields.duplicate === true;
}
