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
import { foreign } from '../../shared/marks.ts';
import { statusError } from '../errors.ts';
import { install, type InstallStep, refuseChangesOfOthers, requireInstall } from '../install.ts';
import type { FortimanagerDevice } from '../schema.ts';
import { readUses } from '../uses.ts';
import type { Workspace } from '../workspace.ts';
import type { Channel } from '../../shared/channels.ts';
import type { FoundGroup, Place } from './group-place.ts';
import { readFormer } from './object-adoption.ts';
import { ObjectBatch } from './object-batch.ts';
import { readMembers } from './object-members.ts';
import { groupTable } from './object-rows.ts';

/**
 * Members as address objects in address groups of an ADOM, or in the mapping of a group for one device. A run looks, locks, writes, saves, installs and unlocks once, whatever the number
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
    const [four, six] = await this.#found(object);
    // The pair is foreign when one of the two is: we would write into both.
    if (six?.comment !== undefined && !this.#place.marks.isFor(object, six.comment))
      return { exists: true, comment: six.comment };
    return { exists: four?.comment !== undefined, comment: four?.comment ?? '' };
  }

  async #found(object: ObjectRef): Promise<FoundGroup[]> {
    const { client, groups } = this.#place;
    const params = groups.look(object);
    return await groups.found(object, params, await client.read(params));
  }

  async listObjects(): Promise<readonly NamedComment[]> {
    return await this.#place.groups.list();
  }

  async observeFormer(object: ObjectRef): Promise<FormerMembers> {
    if (this.#place.groups.adopts) return await readFormer(this.#place.client, object);
    throw new ZonebridgeError('firewall/unsupported', 'no per-device mapping of a former tool is adopted');
  }

  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    return (await readMembers(this.#place, object)).addresses;
  }

  /**
   * Where something waits to be installed nobody can tell whether it is ours: then no address is told of. Its change is done and installed
   * again, one that was refused before it came into the ADOM, too.
   */
  async observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const { addresses: members, installed } = await readMembers(this.#place, object);
    if (!installed) return new Map();
    const known = new Set(members);
    return new Map(addresses.map((address) => [address, known.has(address)]));
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    for (const report of reports) validAdditions(report);
    const { client, hub } = this.#place;
    const batch = new ObjectBatch(this.#place, reports);
    let targets: readonly FortimanagerDevice[] = [];
    const whole = await attempt.step(async () => {
      requireInstall(client);
      await this.#workspace.run({
        look: batch.look(),
        seen: async (elements) => await batch.seen(elements),
        change: async () => {
          targets = await refuseChangesOfOthers(client, { hub, groups: batch.groups });
          return await batch.write();
        },
        after: async () => await install(client, batch.installs, targets),
      });
    });
    batch.settle(whole);
    return reports.map(closeReport);
  }

  /** Rules name the group, whatever it is mapped to. */
  async references(object: ObjectRef): Promise<ObjectUse> {
    const uses: ObjectUse = { count: 0, users: [] };
    for (const { family, lacks } of await this.#found(object)) {
      if (lacks.includes('group')) continue;
      const { count, users } = await readUses(this.#place.client, groupTable(family), object.name);
      uses.count = (uses.count ?? 0) + (count ?? 0);
      uses.users = [...uses.users, ...users];
    }
    return uses;
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    const { client, marks, hub, groups } = this.#place;
    const holders = (await this.#found(object)).flatMap(({ holder }) => holder ?? []);
    if (holders.length === 0) return;
    if (holders.some((comment) => !marks.isOurs(object.name, comment))) throw foreign(object.name);
    requireInstall(client);
    let steps: InstallStep[] = [];
    let targets: readonly FortimanagerDevice[] = [];
    await this.#workspace.run({
      look: [],
      seen: async () => true,
      change: async () => {
        targets = await refuseChangesOfOthers(client, { hub, groups: new Set([object.name]) });
        const writes = await groups.removals(object);
        if (writes.length === 0) return false;
        const elements = await client.write(
          'delete',
          writes.map(({ param }) => param),
        );
        for (const [index, { status }] of elements.entries()) {
          if (status.code === 0 || status.code === -3) continue;
          throw refusal(object, statusError(`delete ${writes[index]?.param.url ?? ''}`, status));
        }
        steps = writes.map((write) => write.install);
        return true;
      },
      after: async () => await install(client, steps, targets),
    });
  }
}

function refusal(object: ObjectRef, error: ZonebridgeError): ZonebridgeError {
  if (error.code !== 'firewall/object-in-use') return error;
  return new ZonebridgeError('firewall/object-in-use', `${object.name} is used by something`, {
    cause: error,
  });
}
