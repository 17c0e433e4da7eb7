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
    const seen = await trial.run(bench);
    expect(seen).not.toBe('');
    if (trial.id === 'one-among-many')
      expect(seen).toMatch(/\d{2,} bytes among 40 members.* \d{2,} bytes in an empty/);
  });

  test('nothing is left behind', async () => {
    expect(await bench.clear()).toEqual([]);
    expect(await bench.members(bench.object('own')).catch(() => [])).toEqual([]);
  });
});

describe('one change among many members', () => {
  const trial = trials.find(({ id }) => id === 'one-among-many')!;

  /** A device that answers with so many bytes for each member of the object. */
  function device(bytesPerMember: number, writesWhole?: true): Bench {
    const members = new Map<string, string[]>();
    const cost = { calls: 0, bytes: 0 };
    const done = { outcomes: new Map() };
    const change = async ({ name }: { name: string }, { add }: { add: string[] }) => {
      const all = [...(members.get(name) ?? []), ...add];
      members.set(name, all);
      cost.calls += 1;
      cost.bytes += 500 + bytesPerMember * all.length;
      return done;
    };
    const facts = { channels: { any: { calls: { apply: 0, object: 0, add: 1 }, writesWhole } } };
    return {
      size: 1000,
      channel: 'any',
      open: { module: { facts } },
      object: (name: string) => ({ name }),
      make: async (object: { name: string }, add: string[]) => await change(object, { add }),
      change,
      connect: async () => undefined,
      members: async ({ name }: { name: string }) => members.get(name) ?? [],
      now: () => 0,
      cost: () => ({ ...cost }),
    } as unknown as Bench;
  }

  test('may not cost bytes for each of them', async () => {
    expect(await trial.run(device(0))).toContain('1 calls and 500 bytes among 1000 members');
    await expect(trial.run(device(10))).rejects.toThrow('10510 bytes, 510 in an empty object');
  });

  test('may where the channel says that it writes all of them', async () => {
    expect(await trial.run(device(10, true))).toContain('10510 bytes');
  });
});
