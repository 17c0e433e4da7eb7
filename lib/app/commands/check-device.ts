import { type ErrorCode, isZonebridgeError } from '../../core/errors.ts';
import type { DeviceIdentity, Diagnosis } from '../../core/firewall.ts';
import { certificateWarningDays, daysLeft } from '../../core/model/certificate.ts';
import { holdRule } from '../../core/plan/hold-reasons.ts';
import { ownComment } from '../../core/plan/ownership.ts';
import type { Configuration } from '../configuration/model.ts';
import { storedCredential } from '../needs-credential.ts';
import type { DevicePorts, Ports } from '../ports.ts';
import { openFirewall, type OpenFirewall } from '../sync/connect.ts';
import { identityOf, groupsOn } from '../targets.ts';
import type { CheckLine } from './check.ts';
import { type LiveGroup, readObjectLive, unreadBecause } from './live.ts';

const budgetMs = 60_000;

/** What a call passes on its way to an answer, and the errors with which it ends there. */
const stages: readonly { name: string; fails: readonly ErrorCode[]; passed: string }[] = [
  { name: 'reachable', fails: ['firewall/unreachable'], passed: 'it answers' },
  { name: 'certificate', fails: ['firewall/certificate-untrusted'], passed: 'trusted' },
  {
    name: 'interface',
    fails: ['firewall/unexpected-answer', 'firewall/busy', 'firewall/throttled'],
    passed: 'speaks its API',
  },
  { name: 'token', fails: ['firewall/credentials-rejected'], passed: 'accepted' },
  {
    name: 'device',
    fails: ['firewall/unknown-device', 'firewall/standby-unit'],
    passed: 'the one that is expected',
  },
  { name: 'scope', fails: ['firewall/scope-missing', 'firewall/permission-denied'], passed: 'visible' },
];

const tokenStage = stages.findIndex(({ name }) => name === 'token');

/** The firewall is still kept with it, but not by what is stored as the credential. */
function otherCredential(stage: 'pending' | 'previous'): CheckLine {
  const which = stage === 'pending' ? 'the one that a rotation tries' : 'the one before it';
  return {
    name: 'token',
    state: 'failed',
    text: `the stored credential is refused, ${which} is accepted`,
    remedy:
      'Store the right one with `zonebridge secret set <firewall>`; the next one that is stored takes the place of the one that works.',
  };
}

/** Calls the device, from here, and says how far it got. */
export async function deviceLines(
  ports: DevicePorts,
  configuration: Configuration,
  firewall: string,
): Promise<CheckLine[]> {
  const lines: CheckLine[] = [];
  let open: OpenFirewall | undefined;
  try {
    open = await openFirewall(ports, configuration, { firewall, deadline: ports.clock.now() + budgetMs });
    const identity = await open.connection.identity();
    lines.push(...stages.map(({ name, passed }) => ({ name, state: 'ok' as const, text: passed })));
    const stage = open.connection.credentialStage();
    if (stage !== 'current') lines.splice(tokenStage, 1, otherCredential(stage));
    lines.push(versionLine(open, identity));
    lines.push(...(await diagnosisLines(ports, configuration, open)));
    for (const place of groupsOn(configuration, firewall)) lines.push(await groupLine(ports, open, place));
  } catch (error) {
    if (lines.length === 0) lines.push(...stageLines(error, configuration, firewall));
    else lines.push(failed('device', error));
  } finally {
    await open?.connection.close();
  }
  return lines;
}

function failed(name: string, error: unknown): CheckLine {
  const { code, message, remedy } = unreadBecause(error);
  return { name, state: 'failed', text: `${code}: ${message}`, remedy, code };
}

/** Everything before the failing stage went well, nothing behind it was tried. */
function stageLines(error: unknown, configuration: Configuration, firewall: string): CheckLine[] {
  const at = stages.findIndex(({ fails }) => isZonebridgeError(error, ...fails));
  if (at < 0) return [failed('device', error)];
  return stages.map(({ name, passed }, index) => {
    if (index < at) return { name, state: 'ok', text: passed };
    if (index > at) return { name, state: 'skipped', text: 'not tried' };
    const line = failed(name, error);
    return index === 0
      ? { ...line, remedy: `${line.remedy ?? ''} ${fromWhere(configuration, firewall)}` }
      : line;
  });
}

/** A firewall in a private network is often reachable for the hub alone. */
function fromWhere(configuration: Configuration, firewall: string): string {
  const network = configuration.firewalls[firewall]?.network ?? '';
  const ranges = configuration.networks[network]?.sourceRanges.join(', ') ?? '';
  return `This was tried from here; the hub calls from network ${network}${ranges === '' ? '' : ` (${ranges})`}.`;
}

/** The configured version decides what `validate` allows; a device that is older may refuse it. */
function versionLine(open: OpenFirewall, { serial, version, role }: DeviceIdentity): CheckLine {
  const configured = open.settings.settings['version'];
  const text = `${open.module.displayName} ${serial}, version ${version}${role === undefined ? '' : `, role ${role}`}`;
  const plain = version.replace(/^v/, '');
  if (typeof configured !== 'string' || plain === configured || plain.startsWith(`${configured}.`))
    return { name: 'version', state: 'ok', text };
  return {
    name: 'version',
    state: 'warning',
    text: `${text}, configured is ${configured}`,
    remedy: 'Set `version` to what the device runs, so that `zonebridge validate` judges by it.',
  };
}

async function diagnosisLines(
  ports: Ports,
  configuration: Configuration,
  open: OpenFirewall,
): Promise<CheckLine[]> {
  const { module, settings, id } = open;
  if (!module.diagnose) return [];
  const channels = groupsOn(configuration, id).map(({ target }) => target.channel);
  try {
    const found = await module.diagnose(
      {
        firewall: id,
        hub: ports.hub,
        settings: settings.settings,
        credential: await storedCredential(ports, module, id),
        clock: ports.clock,
        deadline: ports.clock.now() + budgetMs,
        commentFor: (object) => ownComment(identityOf(ports.hub, id, { module, settings, object })),
      },
      channels,
    );
    return [
      ...certificateLines(ports, found),
      ...clockLines(found),
      ...rightLines(found),
      ...(found.notes ?? []),
    ];
  } catch (error) {
    return [failed('diagnosis', error)];
  }
}

function certificateLines(ports: Ports, { certificate }: Diagnosis): CheckLine[] {
  if (!certificate) return [];
  const days = daysLeft(certificate.validTo, ports.clock.now());
  const text = `${certificate.subject}, valid for ${days} more days`;
  if (days >= certificateWarningDays) return [{ name: 'certificate expiry', state: 'ok', text }];
  const remedy = 'Renew the certificate of the device; with an expired one nothing is written any more.';
  return [{ name: 'certificate expiry', state: 'warning', text, remedy }];
}

const clockToleranceMs = 60_000;

function clockLines({ clockDifferenceMs }: Diagnosis): CheckLine[] {
  if (clockDifferenceMs === undefined) return [];
  const text = `${Math.round(clockDifferenceMs / 1000)} s off ours`;
  if (Math.abs(clockDifferenceMs) <= clockToleranceMs) return [{ name: 'clock', state: 'ok', text }];
  const remedy = 'Give the device a time server: restarts are recognised by its clock.';
  return [{ name: 'clock', state: 'warning', text, remedy }];
}

function rightLines({ rights }: Diagnosis): CheckLine[] {
  return rights.map(({ table, readable, needed }) => {
    if (readable) return { name: 'right', state: 'ok', text: `${table} can be read` };
    const remedy = `Give the API administrator ${needed}.`;
    return { name: 'right', state: 'failed', text: `${table} cannot be read`, remedy };
  });
}

async function groupLine(ports: Ports, open: OpenFirewall, place: LiveGroup): Promise<CheckLine> {
  const name = `group ${place.group.name}`;
  try {
    const { object, ownership, renamedTo, members, former } = await readObjectLive(ports, open, place);
    const text = `${place.target.channel} object ${object.name}`;
    if (ownership === 'ours' || ownership === 'offered')
      return { name, state: 'ok', text: `${text} is ${ownership}, ${members.length} members` };
    if (ownership === 'adoptable')
      return {
        name,
        state: 'ok',
        text: `${text} is kept by a former tool and will be adopted, ${former?.addresses.length ?? 0} addresses`,
      };
    if (ownership === 'hand-renamed')
      return {
        name,
        state: 'failed',
        text: `${text} was renamed to ${JSON.stringify(renamedTo)}`,
        remedy: holdRule('hand-renamed-object').remedy,
      };
    if (ownership === 'absent' && place.target.create === 'own')
      return { name, state: 'ok', text: `${text} is not there yet and will be made` };
    const offer = `put zonebridge:offer:${place.group.name} into its comment`;
    if (ownership === 'absent')
      return {
        name,
        state: 'failed',
        text: `${text} is not there`,
        remedy: `Make it on the device and ${offer}.`,
      };
    const remedy =
      place.target.create === 'offered'
        ? `Offer it: ${offer}.`
        : 'Rename the group or set `object`; an object that is not ours is never touched.';
    return { name, state: 'failed', text: `${text} exists and is not ours`, remedy };
  } catch (error) {
    return failed(name, error);
  }
}
