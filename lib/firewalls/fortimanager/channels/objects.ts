import { ZonebridgeError } from '../../../core/errors.ts';
import type {
  FormerMembers,
  NamedComment,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
  ObjectUse,
  ObservedObject,
} from '../../../core/firewall.ts';
import { Attempt, closeReport, openReport, validAdditions } from '../../shared/attempt.ts';
import { foreign, type Marks } from '../../shared/marks.ts';
import type { FortimanagerClient } from '../client.ts';
import { statusError } from '../errors.ts';
import { install, type InstallStep, refuseChangesOfOthers, requireInstall } from '../install.ts';
import { readUses } from '../uses.ts';
import type { Workspace } from '../workspace.ts';
import type { Channel } from '../../shared/channels.ts';
import { readFormer } from './object-adoption.ts';
import { ObjectBatch } from './object-batch.ts';
import { readMembers } from './object-members.ts';
import { families, groupParams, groupTable, objectUrl, type Row, rowOf, rowsOf } from './object-rows.ts';

interface Place {
  client: FortimanagerClient;
  marks: Marks;
  hub: string;
}

/**
 * Members as address objects in address groups of an ADOM. A run looks, locks, writes, saves, installs and unlocks once, whatever the number
 * of changes; nothing counts as done before it is installed.
 */
export class ObjectsChannel implements Channel {
  readonly #place: Place;
  readonly #workspace: Workspace;

  constructor(place: Place, workspace: Workspace) {
    this.#place = place;
    this.#workspace = workspace;
  }

  async observeObject(object: ObjectRef): Promise<ObservedObject> {
    const [four, six] = await this.#groups(object);
    // The pair is foreign when one of the two is: we would write into both.
    if (six && !this.#place.marks.isFor(object, six.comment)) return { exists: true, comment: six.comment };
    return { exists: four !== undefined, comment: four?.comment ?? '' };
  }

  async #groups(object: ObjectRef): Promise<(Row | undefined)[]> {
    const { client } = this.#place;
    const params = groupParams(client, object);
    const elements = await client.read(params);
    return [await rowOf(client, params[0], elements[0]), await rowOf(client, params[1], elements[1])];
  }

  async listObjects(): Promise<readonly NamedComment[]> {
    const { client } = this.#place;
    const param = { url: objectUrl(client, groupTable(4)), fields: ['name', 'comment'], loadsub: 0 };
    const [element] = await client.read([param]);
    const rows = await rowsOf(client, param, element);
    return rows.map(({ name, comment }) => ({ name, comment }));
  }

  async observeFormer(object: ObjectRef): Promise<FormerMembers> {
    return await readFormer(this.#place.client, object);
  }

  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    return (await readMembers(this.#place, object)).addresses;
  }

  /**
   * Where something waits to be installed nobody can tell whether it is ours: then everything that was asked counts as not in place, the
   * addition as absent and the removal as present, and is done and installed again.
   */
  async observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const { addresses: members, installed } = await readMembers(this.#place, object);
    const known = new Set(members);
    return new Map(addresses.map((address) => [address, known.has(address) === installed]));
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    for (const report of reports) validAdditions(report);
    const { client, hub } = this.#place;
    const batch = new ObjectBatch(this.#place, reports);
    const whole = await attempt.step(async () => {
      requireInstall(client);
      await this.#workspace.run({
        look: batch.look(),
        seen: async (elements) => await batch.seen(elements),
        change: async () => {
          await refuseChangesOfOthers(client, { hub, groups: batch.groups });
          return await batch.write();
        },
        after: async () => await install(client, batch.installs),
      });
    });
    batch.settle(whole);
    return reports.map(closeReport);
  }

  async references(object: ObjectRef): Promise<ObjectUse> {
    const found = await this.#groups(object);
    const uses: ObjectUse = { count: 0, users: [] };
    for (const [index, family] of families.entries()) {
      if (!found[index]) continue;
      const { count, users } = await readUses(this.#place.client, groupTable(family), object.name);
      uses.count = (uses.count ?? 0) + (count ?? 0);
      uses.users = [...uses.users, ...users];
    }
    return uses;
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    const { client, marks, hub } = this.#place;
    const found = await this.#groups(object);
    const there = families.filter((_, index) => found[index] !== undefined);
    if (there.length === 0) return;
    if (found.some((row) => row && !marks.isOurs(object.name, row.comment))) throw foreign(object.name);
    requireInstall(client);
    const params = there.map((family) => ({ url: objectUrl(client, groupTable(family), object.name) }));
    await this.#workspace.run({
      look: [],
      seen: async () => true,
      change: async () => {
        await refuseChangesOfOthers(client, { hub, groups: new Set([object.name]) });
        const elements = await client.write('delete', params);
        for (const [index, element] of elements.entries()) {
          if (element.status.code === 0 || element.status.code === -3) continue;
          throw refusal(object, statusError(`delete ${params[index]?.url ?? ''}`, element.status));
        }
        return true;
      },
      after: async () =>
        await install(
          client,
          there.map((family): InstallStep => ['delete', `obj/${groupTable(family)}/${object.name}`]),
        ),
    });
  }
}

function refusal(object: ObjectRef, error: ZonebridgeError): ZonebridgeError {
  if (error.code !== 'firewall/object-in-use') return error;
  return new ZonebridgeError('firewall/object-in-use', `${object.name} is used by something`, {
    cause: error,
  });
}
