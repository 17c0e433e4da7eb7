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
import { xmlText } from '../xml.ts';
import {
  listComments,
  readAddresses,
  readComment,
  readGroup,
  readMembers,
  readUse,
} from './address-groups.ts';
import type { Channel } from '../../shared/channels.ts';
import { takeBack, tidy } from './candidate.ts';
import { commitOwn } from './commit.ts';
import { deleteGroup, dropAddress, join, keepAddress, leave, type Place } from './edits.ts';
import { awaitOwnJobs, isCommitting } from './jobs.ts';
import { foreignText, isForeignText, nameOf } from './member-texts.ts';
import { namesOfOthers } from './namesakes.ts';
import { change, type Operation } from './operations.ts';
import { pushCommitted, pushOwed, readPushed } from './pushes.ts';
import { requireScope } from './scope.ts';

/**
 * Members as address objects in a static address group. Whatever changes goes in one request and one commit of our own administrator,
 * so a run costs the same calls for one address as for hundreds. What counts is the running configuration: a change that is not
 * committed is no member.
 */
export class ObjectsChannel implements Channel {
  readonly #place: Place;
  readonly #client: PanoramaClient;
  readonly #marks: Marks;

  constructor(client: PanoramaClient, marks: Marks, hub: string) {
    this.#place = { client, marks, hub };
    this.#client = client;
    this.#marks = marks;
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
    return await this.#textsOf(object, names);
  }

  async #textsOf(object: ObjectRef, names: readonly string[]): Promise<string[]> {
    const prefix = this.#prefix(object);
    const own = names.filter((name) => name !== placeholderName(prefix));
    const known = own.length > 0 ? await readAddresses(this.#client) : new Map<string, string>();
    return own.map((name) => {
      const meant = addressOfName(prefix, name);
      if (meant === undefined) return foreignText(name);
      return known.get(name) === meant ? meant : editedWord + meant;
    });
  }

  /**
   * Tells of no address that is on its way: of which the candidate says otherwise than what is in force, and of none while firewalls may lack
   * what is in force on the Panorama.
   */
  async observeSome(object: ObjectRef, asked: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    await awaitOwnJobs(this.#client);
    const running = await readMembers(this.#client, object.name);
    const candidate = await readMembers(this.#client, object.name, 'get');
    // Last, so that what somebody commits meanwhile shows.
    if ((await readPushed(this.#client)) === 'owed') return new Map();
    if (!running && !candidate) missing(object);
    const texts = await this.#textsOf(object, running ?? []);
    const prefix = this.#prefix(object);
    const settled = asked.filter((text) => {
      const name = nameOf(prefix, text);
      return (running ?? []).includes(name) === (candidate ?? []).includes(name);
    });
    return new Map(settled.map((text) => [text, texts.includes(text)]));
  }

  async references({ name }: ObjectRef): Promise<ObjectUse> {
    return await readUse(this.#client, name);
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    const found = await this.observeObject(object);
    if (found.exists) await this.#delete(object, found.comment);
    else await awaitOwnJobs(this.#client);
    // Also what an earlier run deleted and did not commit, or did not push.
    if (!(await readGroup(this.#client, 'show', object.name))) {
      await pushOwed(this.#client);
      return;
    }
    if (!(await commitOwn(this.#client))) throw this.#nothingToCommit();
    await pushCommitted(this.#client);
  }

  async #delete(object: ObjectRef, comment: string): Promise<void> {
    if (!this.#marks.isOurs(object.name, comment)) throw foreign(object.name);
    const prefix = this.#prefix(object);
    await tidy(this.#place, new Set([object.name]));
    const left = (await readMembers(this.#client, object.name)) ?? [];
    const named = [...new Set([...left.filter((one) => one.startsWith(prefix)), placeholderName(prefix)])];
    const others = await namesOfOthers(this.#place, named);
    await change(this.#client, [
      deleteGroup(this.#place, object.name),
      ...named.filter((one) => !others.has(one)).map((one) => dropAddress(this.#place, one)),
    ]);
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    const allowed: Asked[] = [];
    for (const report of reports) if (await this.#check(attempt, report)) allowed.push(this.#ask(report));
    const groups = await this.#lookAtNames(attempt, allowed);
    const ready = groups.filter(({ adds, removes }) => adds.length + removes.length > 0);
    const names = new Set(ready.map(({ report }) => report.object.name));
    const outcome = await attempt.step(async () => {
      if (ready.length > 0) await tidy(this.#place, names);
      await this.#write(ready);
    });
    // One group that is refused must not stop the others, and a full table not what makes room.
    for (const group of ready) {
      if (isOneGroupsOwn(outcome))
        await this.#writeAlone(attempt, group, ready.length === 1 ? outcome : undefined);
      else settle(group.report, outcome);
    }
    return reports.map(closeReport);
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

  /** What an earlier run committed is not committed again: that takes minutes, and the push would never come. */
  async #write(groups: readonly GroupWork[]): Promise<void> {
    if (groups.length === 0) return;
    const pushed = await readPushed(this.#client);
    const open: GroupWork[] = [];
    for (const group of groups) if (pushed === 'in-sync' || !(await this.#isInForce(group))) open.push(group);
    const committed = open.length > 0 && (await this.#commit(open));
    if (committed) await pushCommitted(this.#client);
    else if (pushed === 'owed') await pushOwed(this.#client);
  }

  /** False when everything was in force before. */
  async #commit(groups: readonly GroupWork[]): Promise<boolean> {
    await change(
      this.#client,
      groups.flatMap(({ adds, removes }) => [...adds, ...removes]),
    );
    try {
      if (await commitOwn(this.#client)) return true;
      await this.#requireInForce(groups);
      return false;
    } catch (error) {
      const changes = groups.map(({ report }) => report.changes);
      if (!isZonebridgeError(error, 'firewall/outcome-unknown'))
        await takeBack(this.#place, changes).catch(() => undefined);
      throw error;
    }
  }

  /** The device saw nothing to commit after it had taken our changes: they were made before, or by another administrator. */
  async #requireInForce(groups: readonly GroupWork[]): Promise<void> {
    // First, so that what ends meanwhile shows in the members.
    const going = await isCommitting(this.#client);
    for (const group of groups) {
      if (await this.#isInForce(group)) continue;
      if (!going) throw this.#nothingToCommit();
      throw new ZonebridgeError(
        'firewall/outcome-unknown',
        'a commit of somebody else took our changes along',
      );
    }
  }

  #nothingToCommit(): ZonebridgeError {
    const { administrator } = this.#client.settings;
    return new ZonebridgeError(
      'firewall/permission-denied',
      `the API key does not belong to ${administrator}: this administrator has nothing to commit after our changes were taken, and they are not in force; name the one whose key it is in \`administrator\``,
    );
  }

  /** Whether what the operations of a group do is in force on the device already. */
  async #isInForce({ report, adds, removes }: GroupWork): Promise<boolean> {
    const { object, createWith, add, remove } = report.changes;
    const names = await readMembers(this.#client, object.name);
    if (!names) return adds.length === 0 && !createWith;
    const prefix = this.#prefix(object);
    const texts = await this.#textsOf(object, names);
    const asked = (list: readonly string[]) => list.filter((text) => !report.outcomes.has(text));
    const added = adds.length === 0 || asked(add).every((text) => texts.includes(canonicalAddress(text)));
    const gone = removes.length === 0 || asked(remove).every((text) => !names.includes(nameOf(prefix, text)));
    return added && gone;
  }

  /** A set would make a group that is not there, and fill one of somebody else: so its mark is read before each write. */
  async #check(attempt: Attempt, report: OpenReport): Promise<boolean> {
    const { object, createWith } = report.changes;
    const outcome = await attempt.step(async () => {
      const comment = await readComment(this.#client, object.name);
      if (comment === undefined && !createWith) missing(object);
      if (comment === undefined) await requireScope(this.#client);
      else if (!this.#marks.isFor(object, comment)) throw foreign(object.name);
    });
    if (outcome.state !== 'done') settle(report, outcome);
    return outcome.state === 'done';
  }

  /** What is called like an object of ours and is not is neither changed, nor put into a group, nor deleted. */
  async #lookAtNames(attempt: Attempt, asked: readonly Asked[]): Promise<GroupWork[]> {
    let others: ReadonlySet<string> = new Set();
    const looked = await attempt.step(async () => {
      others = await namesOfOthers(
        this.#place,
        asked.flatMap(({ names }) => names),
      );
    });
    if (looked.state === 'done') return asked.map((one) => this.#open(one, others));
    for (const { report } of asked) settle(report, looked);
    return [];
  }

  #ask(report: OpenReport): Asked {
    const { object, createWith, add, remove } = report.changes;
    const prefix = this.#prefix(object);
    const own = remove.filter((text) => !isForeignText(text));
    const names = [
      ...readEach(add, (text) => addressName(prefix, canonicalAddress(text)), report.outcomes),
      ...readEach(own, (text) => nameOf(prefix, text), report.outcomes),
      ...(createWith ? [placeholderName(prefix)] : []),
    ];
    return { report, names };
  }

  #open({ report }: Asked, others: ReadonlySet<string>): GroupWork {
    const { object, createWith, add, remove } = report.changes;
    const prefix = this.#prefix(object);
    const none = placeholderName(prefix);
    if (others.has(none)) {
      settle(report, { state: 'failed', error: foreign(none) });
      return { report, adds: [], removes: [] };
    }
    const valid = readEach(add, canonicalAddress, report.outcomes);
    const added = valid.filter((address) => !others.has(addressName(prefix, address)));
    for (const text of add) {
      const name = report.outcomes.has(text) ? '' : addressName(prefix, canonicalAddress(text));
      if (others.has(name)) report.outcomes.set(text, { state: 'failed', error: foreign(name) });
    }
    const left = remove.filter((text) => !report.outcomes.has(text));
    const removes = left.flatMap((text) => this.#remove(object.name, nameOf(prefix, text), { text, others }));
    if (!createWith && added.length === 0) return { report, adds: [], removes };
    const names = [none, ...added.map((address) => addressName(prefix, address))];
    const description = createWith ? [xmlText('description', createWith.comment)] : [];
    const adds: Operation[] = [
      ...names.map((name) => keepAddress(this.#place, prefix, name)),
      join(this.#place, object.name, names, description),
    ];
    return { report, adds, removes };
  }

  #remove(
    group: string,
    name: string,
    { text, others }: { text: string; others: ReadonlySet<string> },
  ): Operation[] {
    const gone = leave(this.#place, group, name);
    return isForeignText(text) || others.has(name) ? [gone] : [gone, dropAddress(this.#place, name)];
  }

  async #exists({ name }: ObjectRef): Promise<boolean> {
    return (await readComment(this.#client, name)) !== undefined;
  }

  #prefix({ name }: ObjectRef): string {
    return addressPrefix(this.#place.hub, name);
  }
}

/** Changes of a group that we may write to, and what its address objects are called. */
interface Asked {
  report: OpenReport;
  names: readonly string[];
}

/** What one group needs. */
interface GroupWork {
  report: OpenReport;
  adds: Operation[];
  removes: Operation[];
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

function missing({ name }: ObjectRef): never {
  throw new ZonebridgeError('firewall/object-missing', `there is no address group ${name} on the firewall`);
}
