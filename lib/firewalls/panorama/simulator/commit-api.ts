import { child, childrenNamed, type Element, parseXml, xml, xmlText } from '../xml.ts';
import { Refusal, result, said, success } from './answer.ts';
import type { Device } from './device.ts';
import type { Job } from './jobs.ts';
import { lockedBy } from './op.ts';

const queueLength = 10;

/** `type=commit`: commits the candidate, of some administrators or whole, or pushes a device group (`action=all`). */
export function answerCommit(device: Device, user: string, parameters: URLSearchParams): Element {
  device.jobs.settle();
  let command: Element;
  try {
    command = parseXml(parameters.get('cmd') ?? '');
  } catch {
    throw new Refusal(18, 'Malformed command');
  }
  const owner = lockedBy(device, 'commit', user);
  if (owner !== undefined) throw new Refusal(undefined, `Commit lock is already held by ${owner}`);
  const running = device.jobs.running();
  if (running.length >= queueLength)
    throw new Refusal(undefined, 'Another commit/validate is in progress. Please try again later');
  return parameters.get('action') === 'all' ? push(device, user, command) : commit(device, user, command);
}

function commit(device: Device, user: string, command: Element): Element {
  const partial = child(command, 'partial') ?? child(command, 'force', 'partial');
  const named = childrenNamed(child(partial, 'admin'), 'member').map(({ text }) => text.trim());
  const admins = named.length > 0 ? named : undefined;
  if (!device.config.hasPending(admins)) {
    const text = 'There are no changes to commit.';
    return device.behaviour.emptyCommit === 'code-13' ? said(13, text) : success(19, xmlText('msg', text));
  }
  const job = device.jobs.add({ type: 'Commit', user, devices: [] }, device.behaviour.jobMs, () => {
    const failure = takeFailure(device);
    if (failure) return failure;
    const problems = commitOf(device, admins);
    if (problems.length === 0) device.commits.append({});
    return problems;
  });
  return enqueued(job);
}

/** Makes pending edits effective; on a Panorama its firewalls lack them until they are pushed. Returns why it cannot be done. */
export function commitOf(device: Device, admins?: readonly string[]): string[] {
  const edited = device.config.pending(admins);
  const problems = device.config.commit(admins);
  if (problems.length > 0) return problems;
  for (const { admin, group } of edited)
    for (const { lacks } of device.firewallsBelow(group)) lacks.add(admin);
  return [];
}

/**
 * Pushes the running configuration of the Panorama to the firewalls of the groups that it names, and to none of those below them (vendor's
 * page "Commit-All"): what is not committed stays behind. One that names administrators leaves what others committed owing, though it is
 * copied whole here.
 */
function push(device: Device, user: string, command: Element): Element {
  const entries = childrenNamed(child(command, 'shared-policy', 'device-group'), 'entry');
  const admins = childrenNamed(child(command, 'shared-policy', 'admin'), 'member').map(({ text }) =>
    text.trim(),
  );
  const groups = entries.map(({ attributes }) => attributes['name'] ?? '');
  const unknown = groups.find((name) => !device.deviceGroups.has(name));
  if (groups.length === 0 || unknown !== undefined)
    throw new Refusal(12, `device-group '${unknown ?? ''}' is not a valid reference`);
  const failsOn = device.nextPushFailsOn;
  device.nextPushFailsOn = [];
  const devices = device.firewallsIn(groups).map(({ facts }) => ({
    serial: facts.serial,
    name: facts.hostname,
    fails: failsOn.includes(facts.serial) || !facts.connected,
  }));
  const job = device.jobs.add({ type: 'CommitAll', user, devices }, device.behaviour.jobMs, () => {
    const problems = takeFailure(device) ?? [];
    if (problems.length > 0) return problems;
    for (const group of groups) device.pushed.set(group, structuredClone(device.config.running));
    for (const { serial } of devices.filter(({ fails }) => !fails)) receive(device, serial, admins);
    device.commits.append({});
    return [];
  });
  return enqueued(job);
}

/** `admins`: empty for everybody's changes. */
function receive({ managed, config }: Device, serial: string, admins: readonly string[]): void {
  const firewall = managed.get(serial);
  if (!firewall) return;
  firewall.received = structuredClone(config.running);
  firewall.lacks = new Set(
    admins.length === 0 ? [] : [...firewall.lacks].filter((one) => !admins.includes(one)),
  );
}

function takeFailure(device: Device): string[] | undefined {
  const problems = device.nextJobFails;
  device.nextJobFails = undefined;
  return problems;
}

function enqueued({ id }: Job): Element {
  const text = xml('msg', {}, [xmlText('line', `Commit job enqueued with jobid ${id}`)]);
  return success(19, result({}, text, xmlText('job', String(id))));
}
