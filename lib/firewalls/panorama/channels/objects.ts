import { ZonebridgeError, isZonebridgeError } from '../../../core/errors.ts';
import {
  editedWord,
  type NamedComment,
  type ObjectChanges,
  type ObjectRef,
  type ObjectReport,
  type ObjectUse,
  type ObservedObject,
  type Outcome,
} from '../../../core/firewall.ts';
import { canonicalAddress } from '../../../core/model/address.ts';
import { Attempt, closeReport, openReport, type OpenReport, readEach } from '../../shared/attempt.ts';
import { foreign, type Marks } from '../../shared/marks.ts';
import { addressName, addressOfName, addressPrefix, placeholderName } from '../address-names.ts';
import type { PanoramaClient } from '../client.ts';
import { xml, xmlText } from '../xml.ts';
import { listComments, readAddresses, readComment, readMembers, readUse } from './address-groups.ts';
import type { Channel } from '../../shared/channels.ts';
import { commitOwn } from './commit.ts';
import { change, type Operation } from './operations.ts';
import { requireScope } from './scope.ts';
import { addresses, addressGroups, entry, member } from './xpaths.ts';

/** Stands for nobody: documentation never routes it (RFC 5737). It keeps a group from being empty, which a commit may refuse. */
const placeholderValue = '192.0.2.255/32';
/** A member that is no address of ours, in the texts of {@link ObjectsChannel.observeMembers}. */
const foreignWord = 'object:';

/**
 * Members as address objects in a static address group. Whatever changes goes in one request and one commit of our own administrator,
 * so a run costs the same calls for one address as for hundreds. What counts is the running configuration: a change that is not
 * committed is no member.
 */
export class ObjectsChannel implements Channel {
  readonly #client: PanoramaClient;
  readonly #marks: Marks;
  readonly #hub: string;

  constructor(client: PanoramaClient, marks: Marks, hub: string) {
    this.#client = client;
    this.#marks = marks;
    this.#hub = hub;
  }

  async observeObject({ name }: ObjectRef): Promise<ObservedObject> {
    const comment = await readComment(this.#client, name);
    return { exists: comment !== undefined, comment: comment ?? '' };
  }

  async listObjects(): Promise<readonly NamedComment[]> {
    return await listComments(this.#client);
  }

  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    const names = await readMembers(this.#client, object.name);
    // Made and not committed yet: it has no members in force.
    if (!names) return (await this.#exists(object)) ? [] : missing(object);
    const prefix = this.#prefix(object);
    const own = names.filter((name) => name !== placeholderName(prefix));
    const known = own.length > 0 ? await readAddresses(this.#client) : new Map<string, string>();
    return own.map((name) => {
      const meant = addressOfName(prefix, name);
      if (meant === undefined) return foreignWord + encodeURIComponent(name);
      return known.get(name) === meant ? meant : editedWord + meant;
    });
  }

  async observeSome(object: ObjectRef, asked: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const members = new Set(await this.observeMembers(object));
    return new Map(asked.map((address) => [address, members.has(address)]));
  }

  async references({ name }: ObjectRef): Promise<ObjectUse> {
    return await readUse(this.#client, name);
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    const found = await this.observeObject(object);
    if (!found.exists) return;
    if (!this.#marks.isOurs(object.name, found.comment)) throw foreign(object.name);
    const prefix = this.#prefix(object);
    const { settings } = this.#client;
    const left = (await readMembers(this.#client, object.name)) ?? [];
    const ours = left.filter((name) => name.startsWith(prefix));
    await change(this.#client, [
      { action: 'delete', xpath: addressGroups(settings) + entry(object.name) },
      ...[...new Set([...ours, placeholderName(prefix)])].map((name) => this.#dropAddress(name)),
    ]);
    await commitOwn(this.#client);
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const groups = changes.map((one) => this.#open(openReport(one)));
    for (const group of groups) await this.#check(attempt, group);
    const ready = groups.filter(({ adds, removes }) => adds.length + removes.length > 0);
    const outcome = await attempt.step(async () => await this.#write(ready));
    // One group that is refused must not stop the others, and a full table not what makes room.
    for (const group of ready) {
      if (isOneGroupsOwn(outcome))
        await this.#writeAlone(attempt, group, ready.length === 1 ? outcome : undefined);
      else settle(group.report, outcome);
    }
    return groups.map(({ report }) => closeReport(report));
  }

  /** `known`: what came of it already. */
  async #writeAlone(attempt: Attempt, group: GroupWork, known: Outcome | undefined): Promise<void> {
    const { report } = group;
    const whole = known ?? (await attempt.step(async () => await this.#write([group])));
    const half = { ...group, adds: [] };
    if (isOneGroupsOwn(whole) && group.removes.length > 0 && !report.changes.createWith) {
      const removed = await attempt.step(async () => await this.#write([half]));
      for (const text of report.changes.remove) settleOne(report, text, removed);
    }
    settle(report, whole);
  }

  async #write(groups: readonly GroupWork[]): Promise<void> {
    const operations = groups.flatMap(({ adds, removes }) => [...adds, ...removes]);
    if (operations.length === 0) return;
    await change(this.#client, operations);
    try {
      await commitOwn(this.#client);
    } catch (error) {
      if (!isZonebridgeError(error, 'firewall/outcome-unknown'))
        await this.#takeBack(groups).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Makes the candidate what is in force again. What a refused commit leaves there would go out with the next one, ours or a person's,
   * when perhaps nobody wants it any more. Best effort: what stays is undone or committed by the next run that changes the same members.
   */
  async #takeBack(groups: readonly GroupWork[]): Promise<void> {
    const operations: Operation[] = [];
    for (const { report } of groups) {
      const { object, add, remove } = report.changes;
      const prefix = this.#prefix(object);
      const path = addressGroups(this.#client.settings) + entry(object.name);
      const names = await readMembers(this.#client, object.name);
      if (!names) operations.push({ action: 'delete', xpath: path, mayMiss: true, mayStay: true });
      const inForce = new Set(names);
      for (const text of add.filter((one) => !report.outcomes.has(one)))
        if (!inForce.has(nameOf(prefix, text))) operations.push(...this.#remove(path, prefix, text));
      for (const text of remove.filter((one) => inForce.has(nameOf(prefix, one)))) {
        if (!text.startsWith(foreignWord))
          operations.push(this.#keepAddress(nameOf(prefix, text), prefixOf(text)));
        const back = xml('static', {}, [xmlText('member', nameOf(prefix, text))]);
        operations.push({ action: 'set', xpath: path, content: [back] });
      }
      if (!names) operations.push(this.#dropAddress(placeholderName(prefix)));
    }
    await change(this.#client, operations);
  }

  /** A set would make a group that is not there, and fill one of somebody else: so its mark is read before each write. */
  async #check(attempt: Attempt, group: GroupWork): Promise<void> {
    const { object, createWith } = group.report.changes;
    const outcome = await attempt.step(async () => {
      const comment = await readComment(this.#client, object.name);
      if (comment === undefined && !createWith) missing(object);
      if (comment === undefined) await requireScope(this.#client);
      else if (!this.#marks.isFor(object, comment)) throw foreign(object.name);
    });
    if (outcome.state === 'done') return;
    settle(group.report, outcome);
    group.adds = [];
    group.removes = [];
  }

  #open(report: OpenReport): GroupWork {
    const { object, createWith, add, remove } = report.changes;
    const prefix = this.#prefix(object);
    const group = addressGroups(this.#client.settings) + entry(object.name);
    const added = readEach(add, canonicalAddress, report.outcomes);
    const removes = readEach(remove, (text) => this.#remove(group, prefix, text), report.outcomes).flat();
    if (!createWith && added.length === 0) return { report, adds: [], removes };
    const names = [placeholderName(prefix), ...added.map((address) => addressName(prefix, address))];
    const members = xml(
      'static',
      {},
      names.map((name) => xmlText('member', name)),
    );
    const description = createWith ? [xmlText('description', createWith.comment)] : [];
    const adds: Operation[] = [
      this.#keepAddress(placeholderName(prefix), placeholderValue),
      ...added.map((address) => this.#keepAddress(addressName(prefix, address), prefixOf(address))),
      { action: 'set', xpath: group, content: [members, ...description] },
    ];
    return { report, adds, removes };
  }

  #remove(group: string, prefix: string, text: string): Operation[] {
    const name = nameOf(prefix, text);
    const leave: Operation = { action: 'delete', xpath: `${group}/static${member(name)}`, mayMiss: true };
    return text.startsWith(foreignWord) ? [leave] : [leave, this.#dropAddress(name)];
  }

  #keepAddress(name: string, value: string): Operation {
    const content = [xmlText('ip-netmask', value), xmlText('description', this.#marks.commentFor(name))];
    return { action: 'set', xpath: addresses(this.#client.settings) + entry(name), content };
  }

  /** One that somebody uses elsewhere stays, and stands for the same address as before. */
  #dropAddress(name: string): Operation {
    const xpath = addresses(this.#client.settings) + entry(name);
    return { action: 'delete', xpath, mayMiss: true, mayStay: true };
  }

  async #exists({ name }: ObjectRef): Promise<boolean> {
    return (await readComment(this.#client, name)) !== undefined;
  }

  #prefix({ name }: ObjectRef): string {
    return addressPrefix(this.#hub, name);
  }
}

/** What one group needs; emptied when it cannot be written. */
interface GroupWork {
  report: OpenReport;
  adds: Operation[];
  removes: Operation[];
}

/** Name of the member that a text of {@link ObjectsChannel.observeMembers} stands for. */
function nameOf(prefix: string, text: string): string {
  if (text.startsWith(foreignWord)) return decodeURIComponent(text.slice(foreignWord.length));
  return addressName(prefix, canonicalAddress(text));
}

/** Refused for what one group holds, and not for something that all would meet, such as a commit that the device finds invalid. */
function isOneGroupsOwn(outcome: Outcome): boolean {
  return (
    outcome.state === 'failed' &&
    outcome.error.fields['job'] === undefined &&
    isZonebridgeError(outcome.error, 'firewall/rejected', 'firewall/table-full', 'firewall/object-missing')
  );
}

function settle(report: OpenReport, outcome: Outcome): void {
  const { add, remove, createWith } = report.changes;
  for (const text of [...add, ...remove]) settleOne(report, text, outcome);
  if (createWith) report.created = outcome;
}

function settleOne({ outcomes }: OpenReport, text: string, outcome: Outcome): void {
  if (!outcomes.has(text)) outcomes.set(text, outcome);
}

function prefixOf(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

function missing({ name }: ObjectRef): never {
  throw new ZonebridgeError('firewall/object-missing', `there is no address group ${name} on the firewall`);
}
