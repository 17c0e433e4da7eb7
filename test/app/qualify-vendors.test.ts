import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Configuration } from '../../lib/app/configuration/model.ts';
import { names } from '../../lib/app/names.ts';
import type { DevicePorts } from '../../lib/app/ports.ts';
import { Bench } from '../../lib/app/qualify/bench.ts';
import { trials } from '../../lib/app/qualify/trials.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import type { Rig } from '../support/firewalls/rig.ts';
import { rigs } from '../support/firewalls/rigs.ts';
import { MemorySecrets, RecordingTelemetry } from '../support/ports.ts';

/** FortiGate is tried by the command (qualify.test.ts). */
const places = Object.values(firewallModules)
  .filter(({ kind }) => kind !== 'fortigate')
  .flatMap(({ kind, facts }) => Object.keys(facts.channels).map((channel) => ({ kind, channel })));

describe.each(places)('a $kind is qualified over $channel', ({ kind, channel }) => {
  const module = firewallModules[kind]!;
  let rig: Rig;
  let bench: Bench;

  beforeAll(async () => {
    rig = await rigs[module.kind]!();
    const secrets = new MemorySecrets();
    secrets.values.set(names.secret('test', 'edge'), rig.credential);
    const ports = {
      hub: 'test',
      secrets,
      telemetry: new RecordingTelemetry(),
      clock: {
        now: () => Date.now(),
        sleep: async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms)),
      },
      firewalls: firewallModules,
    } as Partial<DevicePorts> as DevicePorts;
    const settings = module.settings.parse(rig.settings);
    const configuration = {
      firewalls: { edge: { kind: module.kind, settings, realms: ['default'] } },
    } as unknown as Configuration;
    bench = new Bench(ports, configuration, { firewall: 'edge', channel, size: 40 });
    await bench.connect();
  });
  afterAll(async () => {
    await bench.disconnect();
    await rig.stop();
  });

  test.each(trials.map((trial) => [trial.id, trial] as const))('%s', async (_, trial) => {
    expect(await trial.run(bench)).not.toBe('');
  });

  test('nothing is left behind', async () => {
    expect(await bench.clear()).toEqual([]);
    expect(await bench.members(bench.object('own')).catch(() => [])).toEqual([]);
  });
});
