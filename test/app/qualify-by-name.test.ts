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

/** A vendor with a channel on which nothing is ever made, and one on which objects are. */
const byName = Object.values(firewallModules).find(({ facts }) =>
  Object.values(facts.channels).some(({ madeByName }) => madeByName),
)!;

describe.each(Object.keys(byName.facts.channels))('a device of this kind is qualified over %s', (channel) => {
  let rig: Rig;
  let bench: Bench;

  beforeAll(async () => {
    rig = await rigs[byName.kind]!();
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
    const settings = byName.settings.parse(rig.settings);
    const configuration = {
      firewalls: { edge: { kind: byName.kind, settings, realms: ['default'] } },
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
