import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkKey, readToldNetwork } from '../../lib/app/state/networks.ts';
import { parseRanges } from '../../lib/core/model/address.ts';
import { networkReport } from '../../lib/core/network/report.ts';
import { sightOf, unseen } from '../../lib/core/network/sight.ts';
import { readNetwork } from '../../lib/core/network/translation.ts';
import { group, pod, World } from '../support/world.ts';
import { hostileTexts } from './corpus.ts';

const one = '111122223333|eu-central-1|one';
const empty = { nodes: 1, autoNodes: 0, unread: [], more: 0 };

async function stored(world: World) {
  const [item] = await world.tables.read([networkKey(one)]);
  return readToldNetwork(item);
}

async function tell(world: World, detail: Record<string, unknown>): Promise<void> {
  await world.event('network', { epoch: world.epoch, version: 1, number: 1, report: empty, ...detail });
}

function setAside(world: World): unknown[] {
  return world.telemetry.lines
    .filter(({ message }) => message === 'record set aside')
    .map(({ fields }) => fields['code']);
}

describe('a report of the network', () => {
  test('is kept; an older one, a repeated one and one of another epoch change nothing', async () => {
    const world = await World.start([group('web')]);
    await tell(world, { number: 2, report: { ...empty, nodes: 2 } });
    await tell(world, { number: 1, report: { ...empty, nodes: 1 } });
    await tell(world, { number: 2, report: { ...empty, nodes: 9 } });
    expect(await stored(world)).toMatchObject({ epoch: 1, number: 2, report: { nodes: 2 } });
    expect(setAside(world)).toEqual([]);
    await world.settle();
    expect(world.told).toContainEqual(expect.objectContaining({ type: 'epoch', epoch: 1, network: 1 }));
    await tell(world, { epoch: 7, number: 9 });
    expect(setAside(world)).toEqual(['record/stale-epoch']);
    await world.hello('agent-process-2');
    await tell(world, { number: 1, report: { ...empty, nodes: 5 } });
    expect(await stored(world)).toMatchObject({ epoch: 2, number: 1, report: { nodes: 5 } });
  });

  const many = <T>(count: number, entry: T): T[] => Array.from({ length: count }, () => entry);
  const vpcCni = { excluded: [], customNetworking: false, ipv6: false };
  const pool = { name: 'p', cidr: '', natOutgoing: true, disabled: false, workload: true, tunnel: 'never' };
  test.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'x'],
    ['a field that is not known', { ...empty, extra: 1 }],
    ['a long text', { ...empty, vpcCni: { ...vpcCni, externalSnat: 'x'.repeat(121) } }],
    ['a long range', { ...empty, vpcCni: { ...vpcCni, excluded: ['1'.repeat(44)] } }],
    ['too many ranges', { ...empty, vpcCni: { ...vpcCni, excluded: many(101, '10.0.0.0/8') } }],
    ['too many pools', { ...empty, pools: many(51, pool) }],
    ['half a node', { ...empty, nodes: 0.5 }],
    ['fewer than no nodes', { ...empty, nodes: -1 }],
    ['a part that is not known', { ...empty, unread: [{ part: 'secrets', why: '' }] }],
    ['the prototype of all objects', JSON.parse('{"__proto__":{"nodes":1}}')],
  ])('with %s is set aside alone', async (_, report) => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', { app: 'web' }));
    await tell(world, { report });
    expect(setAside(world)).toEqual(['record/invalid']);
    expect(await stored(world)).toBeUndefined();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });

  test('says nothing about another cluster', async () => {
    const world = await World.start([group('web')]);
    await world.hello('agent-process-x', 'two');
    await world.event('network', { epoch: 1, version: 1, number: 1, report: empty }, 'two');
    expect(await stored(world)).toBeUndefined();
  });

  test('whatever it says: one line of printable text, short, and never a crash', () => {
    const text = fc
      .oneof(fc.constantFrom(...hostileTexts), fc.string({ unit: 'binary' }))
      .map((one) => one.slice(0, 120));
    const range = text.map((one) => one.slice(0, 43));
    const report = fc.record(
      {
        nodes: fc.nat(3),
        autoNodes: fc.nat(3),
        unread: fc.array(
          fc.record({ part: fc.constantFrom('aws-node', 'ip-pools', 'cilium-config'), why: text }),
          { maxLength: 2 },
        ),
        more: fc.nat(1),
        vpcCni: fc.record(
          {
            excluded: fc.array(range),
            externalSnat: text,
            scheduled: fc.nat(1),
            customNetworking: fc.boolean(),
            ipv6: fc.boolean(),
          },
          { requiredKeys: ['excluded', 'customNetworking', 'ipv6'] },
        ),
        autoMode: fc.record({
          nodeClasses: fc.array(fc.record({ name: text, snatPolicy: text }), { maxLength: 5 }),
        }),
        cilium: fc.record(
          {
            ipam: text,
            masquerade: text,
            nativeRoutingCidr: range,
            masqAgent: fc.record({ except: fc.array(range) }),
          },
          { requiredKeys: [] },
        ),
        pools: fc.array(
          fc.record({
            name: text,
            cidr: fc.oneof(range, fc.constant('10.1.0.0/16')),
            natOutgoing: fc.boolean(),
            disabled: fc.boolean(),
            workload: fc.boolean(),
            tunnel: fc.constantFrom('always', 'never'),
          }),
          { maxLength: 10 },
        ),
      },
      { requiredKeys: ['nodes', 'autoNodes', 'unread', 'more'] },
    );
    fc.assert(
      fc.property(report, (given) => {
        const parsed = networkReport.safeParse(given);
        if (!parsed.success) return;
        const network = readNetwork(parsed.data);
        const sight = sightOf(network, { cluster: parseRanges(['10.0.0.0/8']), destinations: undefined });
        const told = ['pod', 'node'].map((addresses) =>
          unseen(addresses, sight, { destinationsKnown: false, network }),
        );
        for (const line of [
          network.cni,
          sight.because,
          ...told.flatMap((one) => (one ? [one.text, one.remedy] : [])),
        ]) {
          expect(line).toMatch(/^[\x20-\x7e]*$/);
          expect(line.length).toBeLessThan(2000);
        }
      }),
      { numRuns: 500, seed: 5 },
    );
  });
});
