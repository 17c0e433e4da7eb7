import { ZonebridgeError } from '../../../core/errors.ts';
import { printable } from '../../shared/printable.ts';
import { incomplete, type PanoramaClient } from '../client.ts';
import { child, childrenNamed, type Element, textAt, xml, xmlText } from '../xml.ts';
import { awaitJob, failureOf, isOwn, numberOf, readJobs, serialsDone } from './jobs.ts';

/** `reached`: not in sync, for what others committed, and yet they have what we did. */
export type Pushed = 'in-sync' | 'reached' | 'owed';

/**
 * Whether the firewalls have what is in force on the Panorama; so they have where pushing is no task of ours. What was committed and not
 * pushed is owed: nothing remembers that but the device, so it is asked, and what it does not tell counts as owed.
 */
export async function readPushed(client: PanoramaClient): Promise<Pushed> {
  if (groupToPush(client) === undefined) return 'in-sync';
  const { firewalls, behind, lacking } = await readFirewalls(client);
  if (firewalls.length === 0 || lacking.length > 0) return 'owed';
  return behind.length > 0 ? 'reached' : 'in-sync';
}

/**
 * Pushes the device group to all firewalls that inherit from it, which have it only then. Whatever keeps it from all of them is `firewall/outcome-unknown`: it
 * is committed, and somewhere it may be in force. Nothing is pushed where all that lack it are not connected.
 */
export async function pushOwed(client: PanoramaClient): Promise<void> {
  if (groupToPush(client) === undefined) return;
  const { groups, firewalls, lacking } = await readFirewalls(client);
  if (firewalls.length > 0 && lacking.length === 0) return;
  const away = lacking.filter((firewall) => textAt(firewall, 'connected') === 'no');
  if (away.length > 0 && away.length === lacking.length)
    throw notPushed(`not connected: ${printable(away.map((one) => one.attributes['name'] ?? '?'))}`);
  await push(client, groups);
}

/** Right after a commit, which no firewall has yet, whatever is told of them. */
export async function pushCommitted(client: PanoramaClient): Promise<void> {
  if (groupToPush(client) !== undefined) await push(client, (await readPlaces(client)).groups);
}

function groupToPush({ settings: { push, deviceGroup } }: PanoramaClient): string | undefined {
  return push === undefined ? undefined : deviceGroup;
}

async function push(client: PanoramaClient, groups: readonly string[]): Promise<void> {
  if (groups.length === 0) throw notPushed('neither the device group nor one below it has a firewall');
  try {
    const { result, text } = await client.commit(pushOf(client, groups), 'all');
    const id = textAt(result, 'job');
    if (id === undefined || !/^\d{1,12}$/.test(id)) throw notPushed(`no job came back: ${text}`);
    const failure = failureOf(await awaitJob(client, id, 'push'));
    if (failure !== undefined) throw notPushed(failure);
  } catch (error) {
    if (!(error instanceof ZonebridgeError) || error.code === 'firewall/outcome-unknown') throw error;
    throw notPushed(error.message, error);
  }
}

/** Before 10.2 a push takes whatever is committed for the device group; from then on that of one administrator. */
function pushOf(client: PanoramaClient, groups: readonly string[]): Element {
  const { administrator = '', version: configured } = client.settings;
  const version = client.lastIdentity()?.version ?? configured;
  const admin = version.startsWith('10.1') ? [] : [xml('admin', {}, [xmlText('member', administrator)])];
  const entries = groups.map((name) => xml('entry', { name }));
  return xml('commit-all', {}, [xml('shared-policy', {}, [...admin, xml('device-group', {}, entries)])]);
}

function notPushed(why: string, cause?: ZonebridgeError): ZonebridgeError {
  return new ZonebridgeError('firewall/outcome-unknown', `committed, and the push failed: ${why}`, {
    cause,
    fields: { ...cause?.fields, job: 'push' },
  });
}

/** Device groups that have firewalls, and these. */
interface Places {
  groups: string[];
  firewalls: Element[];
}

interface Firewalls extends Places {
  behind: Element[];
  lacking: Element[];
}

/**
 * Firewalls that have the device group, those among them that are not in sync, and of these the ones that may lack what we committed. One has it when its shared policy is
 * in sync (the words that public clients look for), or when a push of ours that came after every commit has ended well there: others commit
 * and do not push for days. Assumption: a firewall in sync has the whole running configuration.
 */
async function readFirewalls(client: PanoramaClient): Promise<Firewalls> {
  const { groups, firewalls } = await readPlaces(client);
  const behind = firewalls.filter((firewall) => !isInSync(firewall));
  if (behind.length === 0) return { groups, firewalls, behind, lacking: [] };
  const done = await lastPush(client);
  // Of several virtual systems a job does not say which one it reached.
  const lacking = behind.filter(
    (one) => textAt(one, 'multi-vsys') === 'yes' || !done.has(one.attributes['name']),
  );
  return { groups, firewalls, behind, lacking };
}

/**
 * Firewalls of the device group and of those below it, which inherit from it. By the XML API a push reaches those of the groups that it names
 * and no others (vendor's page "Commit-All"), and a listing tells the firewalls of each group alone.
 */
async function readPlaces(client: PanoramaClient): Promise<Places> {
  const inherits = await readInheriting(client);
  const { result } = await client.op(xml('show', {}, [xml('devicegroups')]), 'device');
  const listed = child(result, 'devicegroups');
  if (!listed) throw incomplete('op show devicegroups');
  const groups: string[] = [];
  const firewalls: Element[] = [];
  for (const group of childrenNamed(listed, 'entry')) {
    const { name = '' } = group.attributes;
    const devices = inherits.has(name) ? childrenNamed(child(group, 'devices'), 'entry') : [];
    if (devices.length > 0) groups.push(name);
    firewalls.push(...devices);
  }
  return { groups, firewalls };
}

/** Names of the device group and of all below it. */
async function readInheriting(client: PanoramaClient): Promise<ReadonlySet<string>> {
  const { result } = await client.op(xml('show', {}, [xml('dg-hierarchy')]), 'device');
  const tree = child(result, 'dg-hierarchy');
  if (!tree) throw incomplete('op show dg-hierarchy');
  const { deviceGroup = '' } = client.settings;
  const names = new Set([deviceGroup]);
  const look = (group: Element, isBelow: boolean): void => {
    for (const one of childrenNamed(group, 'dg')) {
      const { name = '' } = one.attributes;
      const inherits = isBelow || name === deviceGroup;
      if (inherits) names.add(name);
      look(one, inherits);
    }
  };
  look(tree, false);
  return names;
}

function isInSync(firewall: Element): boolean {
  const systems = childrenNamed(child(firewall, 'vsys'), 'entry');
  const told = [firewall, ...systems].flatMap((one) => textAt(one, 'shared-policy-status') || []);
  return told.length > 0 && told.every((status) => status === 'In Sync');
}

/** Serial numbers that our newest push reached, when nobody committed since it began. One that goes on is waited for. */
async function lastPush(client: PanoramaClient): Promise<ReadonlySet<string | undefined>> {
  const jobs = await readJobs(client);
  const commits = jobs.filter((job) => textAt(job, 'type') === 'Commit').map(numberOf);
  const pushes = jobs
    .filter((job) => textAt(job, 'type') === 'CommitAll' && isOwn(client, job))
    .map(numberOf);
  const last = Math.max(0, ...pushes);
  if (last <= Math.max(0, ...commits)) return new Set();
  return serialsDone(await awaitJob(client, String(last), 'an earlier push'));
}
