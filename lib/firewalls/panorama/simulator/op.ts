import { child, childrenNamed, type Element, parseXml, textAt, xml, xmlText } from '../xml.ts';
import { Refusal, result, success } from './answer.ts';
import type { Device, Lock } from './device.ts';
import { jobElement } from './jobs.ts';
import { fitsFilter } from './tag-filter.ts';

export interface OpCall {
  device: Device;
  vsys: string | undefined;
  user: string;
}

type Answerer = (call: OpCall, command: Element) => Element;

/** Operational commands by their elements from the outside in. */
const commands: Readonly<Record<string, Answerer>> = {
  'show system info': ({ device }) => systemInfo(device),
  'show system state': ({ device }, command) => systemState(device, command),
  'show high-availability state': ({ device }) => haState(device),
  'show object registered-ip': registeredIps,
  'show object dynamic-address-group': ({ device, vsys }) => dynamicGroups(device, vsys),
  'show config list': ({ device }, command) => changeSummary(device, command),
  'show jobs all': ({ device }) => success(undefined, result({}, ...device.jobs.all().map(jobElement))),
  'show jobs id': ({ device }, command) => job(device, Number(textAt(command, 'jobs', 'id'))),
  'show config-locks': ({ device }) => locks(device, 'config'),
  'show commit-locks': ({ device }) => locks(device, 'commit'),
  'request config-lock add': (call, command) => addLock(call, 'config', command),
  'request commit-lock add': (call, command) => addLock(call, 'commit', command),
  'request config-lock remove': (call, command) => removeLock(call, 'config', command),
  'request commit-lock remove': (call, command) => removeLock(call, 'commit', command),
  'show devices all': ({ device }) => devices(device),
  'show devicegroups': ({ device }) => deviceGroups(device),
  'show dg-hierarchy': ({ device }) =>
    success(19, result({}, xml('dg-hierarchy', {}, device.deviceGroups.tree()))),
};

/** `type=op`. Throws a Refusal with code 17 for a command that is not simulated. */
export function runCommand(call: OpCall, text: string): Element {
  let command: Element;
  try {
    command = parseXml(text);
  } catch {
    throw new Refusal(18, 'Malformed command');
  }
  const words: string[] = [];
  for (let one: Element | undefined = command; one && words.length < 3; one = one.children[0]) {
    words.push(one.name);
    const answer = commands[words.join(' ')];
    if (answer) return answer(call, command);
  }
  throw new Refusal(17, `Invalid command: ${words.join(' ')}`);
}

function systemInfo({ facts, bootedAt, now }: Device): Element {
  const seconds = Math.floor((now - bootedAt) / 1000);
  const pad = (part: number) => String(part % 60).padStart(2, '0');
  const uptime = `${Math.floor(seconds / 86_400)} days, ${Math.floor(seconds / 3600) % 24}:${pad(Math.floor(seconds / 60))}:${pad(seconds)}`;
  return success(
    undefined,
    result(
      {},
      xml('system', {}, [
        xmlText('hostname', facts.hostname),
        xmlText('ip-address', '127.0.0.1'),
        xmlText('time', new Date(now).toUTCString()),
        xmlText('uptime', uptime),
        xmlText('family', facts.kind === 'panorama' ? 'm' : 'vm'),
        xmlText('model', facts.model),
        xmlText('serial', facts.serial),
        xmlText('sw-version', facts.version),
        xmlText('app-version', '8700-7900'),
        xmlText('multi-vsys', facts.vsys.length > 1 ? 'on' : 'off'),
        xmlText('operational-mode', 'normal'),
      ]),
    ),
  );
}

/**
 * Limits of the model, decimal and hexadecimal as devices mix them. One without a limit here tells none. Assumption: several names are
 * asked for by `*` at the end, as public clients do.
 */
function systemState({ facts, config }: Device, command: Element): Element {
  const start = (textAt(command, 'system', 'state', 'filter') ?? '').replace(/\*$/, '');
  const known: readonly [string, number][] = [
    ['cfg.general.max-address', config.addressesMax],
    ['cfg.general.max-registered-ip-address', facts.registeredIpsMax],
    ['cfg.general.max-address-per-group', config.groupMembersMax],
  ];
  const told = known.filter(([name, value]) => name.startsWith(start) && value !== Infinity);
  const lines = told.map(
    ([name, value], at) => `${name}: ${at % 2 === 0 ? value : `0x${value.toString(16)}`}\n`,
  );
  return success(undefined, xmlText('result', lines.join('')));
}

function haState({ facts: { role, kind } }: Device): Element {
  if (role === 'alone') return success(undefined, result({}, xmlText('enabled', 'no')));
  const peer = role === 'active' ? 'passive' : 'active';
  const units = [
    xml('local-info', {}, [xmlText('state', role)]),
    xml('peer-info', {}, [xmlText('state', peer)]),
  ];
  const shown = kind === 'panorama' ? units : [xml('group', {}, units)];
  return success(undefined, result({}, xmlText('enabled', 'yes'), ...shown));
}

function registeredIps({ device, vsys }: OpCall, command: Element): Element {
  const asked = child(command, 'object', 'registered-ip');
  const tag = child(asked, 'tag', 'entry')?.attributes['name'];
  const ip = textAt(asked, 'ip');
  const limit = Math.min(500, Number(textAt(asked, 'limit') ?? 500));
  const start = Number(textAt(asked, 'start-point') ?? 1);
  const rows = device
    .table(vsys)
    .rows()
    .filter((row) => (tag === undefined || row.tags.includes(tag)) && (ip === undefined || row.ip === ip));
  const page = rows.slice(start - 1, start - 1 + limit);
  const entries = page.map((row) =>
    xml('entry', { ip: row.ip, from_agent: '0', persistent: row.persistent ? '1' : '0' }, [
      xml(
        'tag',
        {},
        row.tags.map((name) => xmlText('member', name)),
      ),
    ]),
  );
  const count = device.behaviour.count === 'page' ? page.length : rows.length;
  return success(undefined, result({}, ...entries, xmlText('count', String(count))));
}

function dynamicGroups(device: Device, vsys = 'vsys1'): Element {
  const rows = device.table(vsys).rows();
  const groups = device.dynamicGroups().map(({ name, filter }) => {
    const members = rows.filter(({ tags }) => fitsFilter(filter, tags));
    const list = members.map(({ ip }) => xml('entry', { name: ip, type: 'registered-ip' }));
    return xml('entry', {}, [
      xmlText('vsys', vsys),
      xmlText('group-name', name),
      xmlText('filter', filter),
      xml('member-list', {}, list),
    ]);
  });
  return success(undefined, result({}, xml('dyn-addr-grp', {}, groups)));
}

function job(device: Device, id: number): Element {
  const found = device.jobs.find(id);
  if (!found) throw new Refusal(undefined, `job ${id} not found`);
  return success(undefined, result({}, jobElement(found)));
}

function locks(device: Device, kind: Lock['kind']): Element {
  const entries = device.locks
    .filter((lock) => lock.kind === kind)
    .map(({ owner, scope, comment }) =>
      xml('entry', { name: owner }, [
        xmlText('name', scope),
        xmlText('type', scope === 'shared' ? 'shared' : 'vsys'),
        xmlText('loggedin', 'yes'),
        xmlText('comment', comment),
      ]),
    );
  return success(undefined, result({}, xml(`${kind}-locks`, {}, entries)));
}

function addLock({ device, vsys = 'shared', user }: OpCall, kind: Lock['kind'], command: Element): Element {
  const held = device.locks.find((lock) => lock.kind === kind && lock.scope === vsys);
  if (held?.owner === user) throw new Refusal(undefined, `You already own a ${kind} lock for scope ${vsys}`);
  if (held)
    throw new Refusal(
      undefined,
      kind === 'commit'
        ? 'Commit lock is already held'
        : `Config for scope ${vsys} is currently locked by ${held.owner}`,
    );
  const comment = textAt(command, `${kind}-lock`, 'add', 'comment') ?? '';
  device.locks.push({ kind, owner: user, scope: vsys, comment });
  return success(undefined, result({}, xmlText('msg', 'Successfully acquired lock')));
}

function removeLock(
  { device, vsys = 'shared', user }: OpCall,
  kind: Lock['kind'],
  command: Element,
): Element {
  const owner = textAt(command, `${kind}-lock`, 'remove', 'admin') ?? user;
  const before = device.locks.length;
  device.locks = device.locks.filter(
    (lock) => !(lock.kind === kind && lock.scope === vsys && lock.owner === owner),
  );
  if (device.locks.length === before) throw new Refusal(undefined, `${kind} lock is not currently held`);
  return success(undefined, result({}, xmlText('msg', 'Successfully released lock')));
}

function devices(device: Device): Element {
  const entries = [...device.managed.values()].map(({ facts }) =>
    xml('entry', { name: facts.serial }, [
      xmlText('serial', facts.serial),
      xmlText('connected', facts.connected ? 'yes' : 'no'),
      xmlText('hostname', facts.hostname),
      xmlText('model', facts.model),
      xmlText('sw-version', facts.version),
      xml('ha', {}, facts.role === 'alone' ? [] : [xmlText('state', facts.role)]),
    ]),
  );
  return success(undefined, result({}, xml('devices', {}, entries)));
}

/** With the firewalls of each that are in none below it. One is in sync when it has what was committed, whoever committed it. */
function deviceGroups(device: Device): Element {
  device.jobs.settle();
  const entries = device.deviceGroups.names.map((name) => {
    const serials = device
      .firewallsIn([name])
      .map(({ facts, lacks }) =>
        xml('entry', { name: facts.serial }, [
          xmlText('serial', facts.serial),
          xmlText('connected', facts.connected ? 'yes' : 'no'),
          xmlText('hostname', facts.hostname),
          xmlText('multi-vsys', 'no'),
          xmlText('shared-policy-status', lacks.size === 0 ? 'In Sync' : 'Out of Sync'),
        ]),
      );
    return xml('entry', { name }, [xml('devices', {}, serials)]);
  });
  return success(undefined, result({}, xml('devicegroups', {}, entries)));
}

/** Whether somebody, or the administrators that are named, have changes that are not committed. Assumption: what the summary holds. */
function changeSummary(device: Device, command: Element): Element {
  device.jobs.settle();
  const asked = child(command, 'config', 'list', 'change-summary');
  if (!asked) throw new Refusal(17, 'Invalid command: show config list');
  const named = childrenNamed(child(asked, 'partial', 'admin'), 'member').map(({ text }) => text.trim());
  const pending = device.config.hasPending(named.length > 0 ? named : undefined);
  return success(
    undefined,
    result({}, ...(pending ? [xml('summary', {}, [xmlText('shared-object', 'yes')])] : [])),
  );
}

/** Who holds a lock that keeps somebody from editing or committing; undefined when nobody does. */
export function lockedBy(device: Device, kind: Lock['kind'], user: string): string | undefined {
  return device.locks.find((lock) => lock.kind === kind && lock.owner !== user)?.owner;
}

/** Names of all members of a list in the running configuration. */
export function membersOf(entry: Element | undefined): string[] {
  return childrenNamed(child(entry, 'static'), 'member').map(({ text }) => text.trim());
}
