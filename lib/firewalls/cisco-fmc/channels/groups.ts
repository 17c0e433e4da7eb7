import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../../core/errors.ts';
import type { ObjectRef } from '../../../core/firewall.ts';
import type { FmcClient } from '../client.ts';
import { distinct, isSameSet, listAll, readItem } from '../lists.ts';
import { single } from '../translate.ts';

export const groupsPath = '/object/networkgroups';

const networkGroup = z.looseObject({
  id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  name: z.string(),
  description: z.string().optional(),
  overridable: z.boolean().optional(),
  objects: z
    .array(z.looseObject({ id: z.string(), name: z.string().optional(), type: z.string() }))
    .optional(),
  literals: z.array(z.looseObject({ type: z.string(), value: z.string() })).optional(),
});
export type NetworkGroup = z.infer<typeof networkGroup>;

/**
 * Keeps a group of ours from being empty: no source says that the manager takes an empty one. An address that is reserved for
 * documentation, so that nothing has it.
 */
const placeholder = '192.0.2.0';

/** Network groups with their members as literals. PUT replaces a group, so what a person put into it is sent along. */
export class NetworkGroups {
  readonly #client: FmcClient;

  constructor(client: FmcClient) {
    this.#client = client;
  }

  /** The group of this exact name with all its members; undefined when there is none. */
  async find(name: string): Promise<NetworkGroup | undefined> {
    return (await this.list({ filter: `nameOrValue:${name}` })).find((one) => one.name === name);
  }

  async list(query: Record<string, string> = {}): Promise<readonly NetworkGroup[]> {
    const request = { path: groupsPath, query: { expanded: 'true', ...query } };
    return distinct(await listAll(this.#client, networkGroup, request), ({ id }) => id, groupsPath);
  }

  async create(object: ObjectRef, comment: string): Promise<NetworkGroup> {
    const made = await this.#client.post(groupsPath, {
      name: object.name,
      type: 'NetworkGroup',
      description: comment,
      overridable: false,
      literals: [literal(placeholder)],
    });
    return readItem(networkGroup, made, `POST ${groupsPath}`);
  }

  /** Replaces the members. Throws `firewall/outcome-unknown` when the answer shows others than were sent. */
  async replace(group: NetworkGroup, members: Members): Promise<void> {
    const { id, name, description, overridable } = group;
    const values =
      members.literals.length + members.objects.length === 0 ? [literal(placeholder)] : members.literals;
    const body = {
      id,
      name,
      type: 'NetworkGroup',
      ...(description === undefined ? {} : { description }),
      overridable: overridable ?? false,
      objects: members.objects.map(({ id, name, type }) => ({ id, name, type })),
      literals: values,
    };
    const answer = readItem(
      networkGroup,
      await this.#client.put(`${groupsPath}/${id}`, body),
      `PUT ${groupsPath}`,
    );
    if (isSameSet(idsAndValues(answer), idsAndValues(body))) return;
    throw new ZonebridgeError(
      'firewall/outcome-unknown',
      `the manager shows other members of ${name} than were sent`,
    );
  }

  /** Throws `firewall/object-in-use` while something refers to it. */
  async delete({ id }: NetworkGroup): Promise<void> {
    try {
      await this.#client.delete(`${groupsPath}/${id}`);
    } catch (error) {
      if (!isZonebridgeError(error, 'firewall/object-missing')) throw error;
    }
  }
}

type Shown = Pick<NetworkGroup, 'objects' | 'literals'>;

/** Objects by their id, because a name may be left out. */
function idsAndValues({ objects = [], literals = [] }: Shown): ReadonlySet<string> {
  return new Set([...objects.map(({ id }) => `object:${id}`), ...literals.map(literalText)]);
}

export interface Members {
  objects: NonNullable<NetworkGroup['objects']>;
  literals: { type: string; value: string }[];
}

/** What a group holds; the placeholder is no member. */
export function membersIn({ objects = [], literals = [] }: NetworkGroup): Members {
  return { objects, literals: literals.filter(({ value }) => value !== placeholder) };
}

/** A single address is a Host without a mask. */
export function literal(address: string): { type: string; value: string } {
  return { type: 'Host', value: address };
}

/** Members as texts: addresses in our form, other literals as they stand there, objects as `object:<name>`. */
export function textsOf({ objects, literals }: Members): string[] {
  return [...literals.map(literalText), ...objects.map(objectText)];
}

/** Members without those that these texts name. */
export function without({ objects, literals }: Members, texts: ReadonlySet<string>): Members {
  return {
    objects: objects.filter((one) => !texts.has(objectText(one))),
    literals: literals.filter((one) => !texts.has(literalText(one))),
  };
}

function literalText({ type, value }: { type: string; value: string }): string {
  return (type === 'Host' ? single(value) : undefined) ?? value;
}

function objectText({ id, name }: { id: string; name?: string | undefined }): string {
  return `object:${encodeURIComponent(name ?? id)}`;
}
