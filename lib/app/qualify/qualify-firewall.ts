import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { DeviceIdentity, FirewallDescription } from '../../core/firewall.ts';
import { ownComment } from '../../core/plan/ownership.ts';
import type { Configuration } from '../configuration/model.ts';
import { storedCredential } from '../needs-credential.ts';
import type { DevicePorts } from '../ports.ts';
import { dropQualification, storeQualification } from '../state/qualifications.ts';

import { identityOf, groupsOn, moduleOf } from '../targets.ts';
import { unknownFirewall } from '../unknown-name.ts';
import { Bench } from './bench.ts';
import { runTrial, type TrialResult } from './trial.ts';
import { trials } from './trials.ts';

export interface QualifyRequest {
  firewall: string;
  /** Channels to try; all of the vendor unless given. */
  channels?: readonly string[] | undefined;
  /** Members of the large object, at most what the channel takes and one less. */
  size: number;
  /** Who runs it. */
  by: string;
  /** Told before each trial. */
  progress?: (text: string) => void;
}

/** What a device answered to something that no source tells. */
export interface Answer {
  id: string;
  assumption: string;
  state: 'holds' | 'does not hold' | 'not answered';
  seen: string;
}

export interface ChannelResult {
  channel: string;
  kept: boolean;
  trials: TrialResult[];
  /** Names of objects that could not be taken away again. */
  left: string[];
}

export interface QualifyResult {
  firewall: string;
  kind: string;
  identity: DeviceIdentity;
  at: number;
  ok: boolean;
  channels: ChannelResult[];
  answers: Answer[];
}

/**
 * Tries every promise on a device, in a scope of its own that no group publishes to, and notes the version as qualified when all were
 * kept. What it makes, it takes away. Throws `qualification/not-scratch` when a group goes there, and what the device refuses altogether.
 */
export async function qualifyFirewall(
  ports: DevicePorts,
  configuration: Configuration,
  request: QualifyRequest,
): Promise<QualifyResult> {
  const { firewall, progress = () => undefined } = request;
  const { module, channels: asked } = checkQualifyRequest(ports, configuration, request);
  const identity = await identityNow(ports, configuration, firewall);
  const channels: ChannelResult[] = [];
  for (const channel of asked) {
    // One more is added to it.
    const most = (module.facts.channels[channel]?.membersMax ?? 1) - 1;
    const bench = new Bench(ports, configuration, {
      firewall,
      channel,
      size: Math.max(1, Math.min(request.size, most)),
    });
    const results: TrialResult[] = [];
    for (const trial of trials) {
      progress(`${channel}: ${trial.promise}`);
      results.push(await runTrial(trial, bench));
    }
    const left = await bench.clear();
    const kept = left.length === 0 && results.every(({ state }) => state !== 'broken');
    channels.push({ channel, kept, trials: results, left });
  }
  progress('what no source tells');
  const answers = await askQuestions(ports, configuration, firewall);
  const ok = channels.every(({ kept }) => kept);
  const at = ports.clock.now();
  const { kind } = module;
  await note(ports, { firewall, kind, identity, at, by: request.by, channels });
  return { firewall, kind, identity, at, ok, channels, answers };
}

/** What can be known before anybody is asked or called: that the firewall is there and unused, and has these channels. */
export function checkQualifyRequest(
  ports: DevicePorts,
  configuration: Configuration,
  { firewall, channels }: Pick<QualifyRequest, 'firewall' | 'channels'>,
): { module: FirewallDescription; channels: readonly string[] } {
  const settings = configuration.firewalls[firewall];
  if (!settings) throw unknownFirewall(configuration, firewall);
  refuseUsed(configuration, firewall);
  const module = moduleOf(ports.firewalls, settings);
  return { module, channels: channelsOf(module, channels) };
}

function refuseUsed(configuration: Configuration, firewall: string): void {
  const used = groupsOn(configuration, firewall).map(({ group }) => group.name);
  if (used.length === 0) return;
  throw new ZonebridgeError(
    'qualification/not-scratch',
    `${firewall} gets ${used.length === 1 ? 'group' : 'groups'} ${used.slice(0, 5).join(', ')}`,
  );
}

function channelsOf(module: FirewallDescription, channels: readonly string[] | undefined): readonly string[] {
  const known = Object.keys(module.facts.channels);
  const unknown = (channels ?? []).filter((channel) => !known.includes(channel));
  if (unknown.length > 0)
    throw new ZonebridgeError(
      'command/usage',
      `a ${module.displayName} has no channel ${unknown.join(', ')}; it has ${known.join(', ')}`,
    );
  return channels ?? known;
}

async function identityNow(
  ports: DevicePorts,
  configuration: Configuration,
  firewall: string,
): Promise<DeviceIdentity> {
  const bench = new Bench(ports, configuration, { firewall, channel: '', size: 0 });
  try {
    return await (await bench.connect()).identity();
  } finally {
    await bench.disconnect();
  }
}

async function askQuestions(
  ports: DevicePorts,
  configuration: Configuration,
  firewall: string,
): Promise<Answer[]> {
  const settings = configuration.firewalls[firewall];
  if (!settings) throw unknownFirewall(configuration, firewall);
  const module = moduleOf(ports.firewalls, settings);
  const { hub, clock } = ports;
  const credential = await storedCredential(ports, module, firewall);
  const answers: Answer[] = [];
  for (const question of (await module.openQuestions?.()) ?? []) {
    const { id, assumption } = question;
    const request = {
      firewall,
      hub,
      settings: settings.settings,
      credential,
      clock,
      deadline: clock.now() + 60_000,
      commentFor: (object: string) => ownComment(identityOf(hub, firewall, { module, settings, object })),
    };
    try {
      const { holds, seen } = await question.ask(request, 'zb-qualify-');
      answers.push({ id, assumption, state: holds ? 'holds' : 'does not hold', seen });
    } catch (error) {
      if (!isZonebridgeError(error)) throw error;
      answers.push({ id, assumption, state: 'not answered', seen: `${error.code}: ${error.message}` });
    }
  }
  return answers;
}

async function note(
  ports: DevicePorts,
  result: Omit<QualifyResult, 'ok' | 'answers'> & { by: string },
): Promise<void> {
  const { firewall, kind, identity, at, by, channels } = result;
  const { serial, version } = identity;
  const kept = channels.filter((one) => one.kept).map(({ channel }) => channel);
  if (kept.length === 0) return await dropQualification(ports.tables, kind, version);
  await storeQualification(ports.tables, { kind, version, firewall, serial, at, by, channels: kept });
}
