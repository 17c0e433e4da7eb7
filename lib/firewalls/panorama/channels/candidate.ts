import { isZonebridgeError } from '../../../core/errors.ts';
import type { ObjectChanges } from '../../../core/firewall.ts';
import { addressPrefix, placeholderName } from '../address-names.ts';
import type { PanoramaClient } from '../client.ts';
import { type Element, xml, xmlText } from '../xml.ts';
import { commentOf, membersOf, readGroup, readGroups } from './address-groups.ts';
import { deleteGroup, dropAddress, join, keepAddress, leave, type Place } from './edits.ts';
import { awaitOwnJobs } from './jobs.ts';
import { isForeignText, nameOf } from './member-texts.ts';
import { change, type Operation } from './operations.ts';

/** A group in the candidate configuration, and as it is in force. */
interface Compared {
  name: string;
  candidate: Element;
  running: Element | undefined;
  /** Never in force, and nobody waits for it: it may be deleted, if it is ours. */
  mayDelete: boolean;
}

/**
 * Takes away what runs that ended too early left in the candidate: the next commit would make it effective, when perhaps nobody wants it
 * any more. `now`: groups that are about to be changed, which stay. Only members and groups of ours are touched; what is being committed is
 * waited for.
 */
export async function tidy(place: Place, now: ReadonlySet<string>): Promise<void> {
  const { client } = place;
  if (!(await mayHavePending(client))) return;
  await awaitOwnJobs(client);
  const running = await readGroups(client, 'show');
  const operations = [...(await readGroups(client, 'get'))].flatMap(([name, candidate]) =>
    undo(place, { name, candidate, running: running.get(name), mayDelete: !now.has(name) }),
  );
  await change(client, operations);
}

/**
 * Makes the candidate what is in force again, for these changes, whose commit was refused. A group goes only when this very call made it, and
 * it still carries our mark.
 */
export async function takeBack(place: Place, changes: readonly ObjectChanges[]): Promise<void> {
  const { client } = place;
  const operations: Operation[] = [];
  for (const { object, createWith, remove } of changes) {
    const { name } = object;
    const candidate = await readGroup(client, 'get', name);
    if (!candidate) continue;
    const running = await readGroup(client, 'show', name);
    operations.push(...undo(place, { name, candidate, running, mayDelete: createWith !== undefined }));
    const left = new Set(remove.filter(isForeignText).map((text) => nameOf('', text)));
    const back = membersOf(running).filter((one) => left.has(one));
    if (back.length > 0) operations.push(join(place, name, back));
  }
  await change(client, operations);
}

/**
 * Whether our administrator has changes that are not committed. Assumption: the summary of a configuration without such changes is empty
 * (public clients read it so), and who may not ask is told; then it is looked for.
 */
export async function mayHavePending(client: PanoramaClient): Promise<boolean> {
  const own = xml('admin', {}, [xmlText('member', client.settings.administrator ?? '')]);
  const asked = xml('change-summary', {}, [xml('partial', {}, [own])]);
  const command = xml('show', {}, [xml('config', {}, [xml('list', {}, [asked])])]);
  try {
    const { result } = await client.op(command, 'device');
    return !result || result.children.length > 0 || result.text.trim() !== '';
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/rejected', 'firewall/permission-denied')) return true;
    throw error;
  }
}

/** What makes our part of a group in the candidate what is in force. */
function undo(place: Place, { name, candidate, running, mayDelete }: Compared): Operation[] {
  const prefix = addressPrefix(place.hub, name);
  const ours = (group: Element | undefined) => membersOf(group).filter((one) => one.startsWith(prefix));
  const before = new Set(ours(running));
  const now = new Set(ours(candidate));
  const alone = now.size === membersOf(candidate).length;
  if (!running && mayDelete && alone && place.marks.isOurs(name, commentOf(candidate)))
    return [
      { ...deleteGroup(place, name), mayMiss: true, mayStay: true },
      ...[...now].map((one) => dropAddress(place, one)),
    ];
  // No group is left empty.
  const last = !running && alone ? placeholderName(prefix) : undefined;
  const added = [...now].filter((one) => !before.has(one) && one !== last);
  const gone = [...before].filter((one) => !now.has(one));
  return [
    ...added.flatMap((one) => [leave(place, name, one), dropAddress(place, one)]),
    ...gone.map((one) => keepAddress(place, prefix, one)),
    ...(gone.length > 0 ? [join(place, name, gone)] : []),
  ];
}
