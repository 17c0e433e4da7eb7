import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { Configuration } from '../configuration/model.ts';
import { names } from '../names.ts';
import type { DevicePorts, Ports } from '../ports.ts';
import { circuitOpenUntil } from '../../core/model/trouble.ts';
import { recordOf } from '../state/firewall-records.ts';
import { askProbe, wake, writerRow, readWriter } from '../state/writers.ts';
import { groupsOn, moduleOf, writerKeyOf } from '../targets.ts';
import { budgetLines, callerLines } from './check-place.ts';
import { deviceLines } from './check-device.ts';
import { unreadBecause } from './live.ts';
import { unknownFirewall } from '../unknown-name.ts';

/** One thing that was looked at. `skipped`: something before it failed. */
export interface CheckLine {
  name: string;
  state: 'ok' | 'failed' | 'warning' | 'skipped';
  /** What was seen. */
  text: string;
  /** What to do; absent when it is well. */
  remedy?: string;
  /** Of the error that it ended with. */
  code?: string;
}

export interface CheckResult {
  firewall: string;
  ok: boolean;
  lines: CheckLine[];
  /** The firewall was left alone by the hub, which now tries again. */
  circuitClosed: boolean;
}

/**
 * Looks at everything that must be right before a firewall can be kept, reads only, each answer a line. When all is well and the hub
 * left the firewall alone, it is told to try again. Throws only for a firewall that is not configured.
 */
export async function checkFirewall(
  { ports }: { ports: DevicePorts },
  configuration: Configuration,
  firewall: string,
): Promise<CheckResult> {
  const settings = configuration.firewalls[firewall];
  if (!settings) throw unknownFirewall(configuration, firewall);
  const lines: CheckLine[] = [configurationLine(ports, configuration, firewall)];
  lines.push(...callerLines(ports, configuration, firewall));
  const secret = await secretLine(ports, configuration, firewall);
  lines.push(secret);
  if (secret.state === 'ok') lines.push(...(await deviceLines(ports, configuration, firewall)));
  else lines.push({ name: 'device', state: 'skipped', text: 'not called without a credential' });
  lines.push(...budgetLines(ports, configuration, { firewall, told: lines }));
  const ok = lines.every(({ state }) => state === 'ok' || state === 'warning');
  const writerKey = writerKeyOf(ports.firewalls, settings);
  const hub = await hubLine(ports, { writerKey, firewall });
  lines.push(hub.line);
  const circuitClosed = ok && hub.open;
  if (circuitClosed) await tryAgain(ports, { writerKey, firewall, network: settings.network });
  return { firewall, ok, lines, circuitClosed };
}

/** Lets the hub call a firewall again that it had left alone. */
export async function tryAgain(
  ports: Ports,
  { firewall, ...writer }: { firewall: string; writerKey: string; network: string },
): Promise<void> {
  await askProbe(ports.tables, writer.writerKey, firewall);
  await wake(ports, { hub: ports.hub, ...writer, parts: [], now: ports.clock.now() });
}

function configurationLine(ports: Ports, configuration: Configuration, firewall: string): CheckLine {
  const settings = configuration.firewalls[firewall];
  const places = groupsOn(configuration, firewall);
  if (!settings) return { name: 'configuration', state: 'failed', text: 'not configured' };
  const module = moduleOf(ports.firewalls, settings);
  const problems = places.flatMap(({ group, target }) =>
    module.review({ firewall, settings: settings.settings, group, target, path: `groups.${group.name}` }),
  );
  const tooLarge = places.flatMap(({ group, target }) => {
    const most = module.facts.channels[target.channel]?.membersMax;
    const splits = module.facts.channels[target.channel]?.writesConfiguration === true;
    return most !== undefined && !splits && group.maxMembers > most
      ? [`${group.name}: maxMembers ${group.maxMembers} is more than ${most}`]
      : [];
  });
  const wrong = [...problems.map(({ path, message }) => `${path}: ${message}`), ...tooLarge];
  if (wrong.length === 0)
    return {
      name: 'configuration',
      state: 'ok',
      text: `${places.length} ${places.length === 1 ? 'group fits' : 'groups fit'} this firewall`,
    };
  return {
    name: 'configuration',
    state: 'failed',
    text: wrong.join('; '),
    remedy: 'Correct the groups, then run `zonebridge validate`.',
  };
}

async function secretLine(ports: Ports, configuration: Configuration, firewall: string): Promise<CheckLine> {
  const settings = configuration.firewalls[firewall];
  if (settings && moduleOf(ports.firewalls, settings).withoutCredential)
    return {
      name: 'credential',
      state: 'ok',
      text: 'none is needed: whoever calls is known by its own role',
    };
  try {
    const credential = await ports.secrets.read(names.secret(ports.hub, firewall));
    const wrong = settings && moduleOf(ports.firewalls, settings).checkCredential(credential);
    if (wrong === undefined) return { name: 'credential', state: 'ok', text: 'stored, in the right form' };
    throw new ZonebridgeError('secret/invalid', wrong);
  } catch (error) {
    const { code, message, remedy } = unreadBecause(error);
    return {
      name: 'credential',
      code,
      state: 'failed',
      text: message,
      remedy: isZonebridgeError(error) ? remedy : 'Run the command with rights to read the secret.',
    };
  }
}

/** What the hub itself saw last: the only word on a firewall that cannot be reached from here. */
async function hubLine(
  ports: Ports,
  { writerKey, firewall }: { writerKey: string; firewall: string },
): Promise<{ line: CheckLine; open: boolean }> {
  const [item] = await ports.tables.read([writerRow(writerKey)]);
  const { trouble } = recordOf(readWriter(item).firewalls, firewall);
  const { lastError, lastSuccess, failures } = trouble;
  const now = ports.clock.now();
  const open = circuitOpenUntil(trouble, now) !== undefined;
  const ago = (time: number): string => `${Math.round((now - time) / 1000)} s ago`;
  if (failures > 0) {
    const text = `${lastError ?? 'unknown error'}, ${failures} ${failures === 1 ? 'run' : 'runs in a row'}${open ? '; left alone since' : ''}`;
    return { line: { name: 'hub', state: 'warning', text: `the hub saw: ${text}` }, open };
  }
  const text =
    lastSuccess === 0
      ? 'the hub has not worked on it yet'
      : `the last run of the hub ended well, ${ago(lastSuccess)}`;
  return { line: { name: 'hub', state: 'ok', text }, open };
}
