import { describe, expect, test } from 'vitest';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import type { GateRules } from '../../lib/core/gates/gate.ts';
import { gatesDetail } from '../../lib/core/model/messages.ts';
import { projectPod } from '../../lib/kubernetes/projection.ts';
import { RecordingBus } from '../../test/support/agent-world.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from '../../test/support/ports.ts';
import { ApiError } from './api-error.ts';
import { GateKeeper } from './gate-keeper.ts';
import type { Gates } from './ports.ts';
import { AgentStatus } from './status.ts';
import { Store } from './store.ts';

const gate = 'zonebridge.dev/published';
type Written = { name: string; status: string; reason: string };

function podObject(
  name: string,
  more: { ip?: string; open?: boolean; gated?: boolean; namespace?: string } = {},
) {
  const { ip = '10.0.0.1', open = false, gated = true, namespace = 'shop' } = more;
  return {
    metadata: { uid: name, name, namespace },
    spec: gated ? { readinessGates: [{ conditionType: gate }] } : {},
    status: {
      podIP: ip,
      conditions: [{ type: 'Ready', status: 'False' }, ...(open ? [{ type: gate, status: 'True' }] : [])],
    },
  };
}

function stage(rules: GateRules = { shop: { timeoutSeconds: 60, whenLate: 'open' } }) {
  const clock = new FakeClock();
  const bus = new RecordingBus();
  const telemetry = new RecordingTelemetry();
  /** Times at which a write was tried. */
  const tries: number[] = [];
  const written: Written[] = [];
  let fault: Error | undefined;
  let epoch: number | undefined = 1;
  const gates: Gates = {
    write: async ({ name }, { status, reason }) => {
      tries.push(clock.now());
      if (fault) throw fault;
      written.push({ name, status, reason });
    },
  };
  const store: Store = new Store((id) => keeper.touch(id));
  const keeper: GateKeeper = new GateKeeper({
    gates,
    rules,
    bus,
    clock,
    random: new SeededRandom(),
    status: new AgentStatus(clock, telemetry),
    epoch: () => epoch,
    pod: (uid) => store.pod(uid),
    record: (id) => store.record(id),
  });
  for (const name of ['shop', 'other', 'constructor'])
    store.upsert({ kind: 'namespace', uid: name, name, labels: {}, created: 0 }, 'watch');
  return {
    keeper,
    written,
    tries,
    lines: telemetry.lines,
    fail: (error: Error | undefined) => (fault = error),
    silence: () => (epoch = undefined),
    see: (object: object) => {
      const pod = projectPod(object, () => undefined);
      if (!pod) throw new Error('no pod');
      store.upsert(pod, 'watch');
    },
    gone: (name: string) => store.remove({ kind: 'pod', uid: name, name }, 'watch'),
    after: async (seconds: number) => {
      await clock.advance(seconds * 1000);
      await keeper.look();
    },
    asked: () => bus.details('gates').map((detail) => gatesDetail.parse(detail).pods.map(([uid]) => uid)),
    answer: async (name: string) => {
      const record = store.record(`pod|${name}`);
      if (record) await keeper.published([[name, contentHash(record)]]);
    },
  };
}

describe('readiness gates', () => {
  test('the hub is asked again and again, at growing distances, and its answer opens the gate', async () => {
    const { after, answer, asked, see, written } = stage();
    see(podObject('web-1'));
    for (let second = 1; second <= 20; second++) await after(1);
    // After 1, 3, 7 and 15 s.
    expect(asked()).toEqual([['web-1'], ['web-1'], ['web-1'], ['web-1']]);
    await answer('web-1');
    expect(written).toEqual([{ name: 'web-1', status: 'True', reason: 'Published' }]);
    await after(60);
    expect([asked().length, written.length]).toEqual([4, 1]);
  });

  test.each<[string, object]>([
    ['it has no such gate', podObject('web-1', { gated: false })],
    ['its gate is open', podObject('web-1', { open: true })],
    ['it has no address yet', podObject('web-1', { ip: '' })],
    ['its namespace is not named', podObject('web-1', { namespace: 'other' })],
    ['its namespace is called like a part of every object', podObject('web-1', { namespace: 'constructor' })],
  ])('nobody asks about a pod when %s', async (_, object) => {
    const { after, asked, see, written } = stage();
    see(object);
    await after(300);
    expect([asked(), written]).toEqual([[], []]);
  });

  test('without an answer the gate opens after its time-out, also when there is no hub', async () => {
    const { after, asked, see, silence, written } = stage();
    silence();
    see(podObject('web-1'));
    await after(59);
    expect(written).toEqual([]);
    await after(1);
    expect(written).toEqual([{ name: 'web-1', status: 'True', reason: 'NotPublishedInTime' }]);
    expect(asked()).toEqual([]);
  });

  test('or stays closed, says so once, and opens when the firewalls have the address', async () => {
    const { after, answer, see, written } = stage({ shop: { timeoutSeconds: 60, whenLate: 'closed' } });
    see(podObject('web-1'));
    for (let minute = 1; minute <= 5; minute++) await after(60);
    expect(written).toEqual([{ name: 'web-1', status: 'False', reason: 'NotPublishedInTime' }]);
    await answer('web-1');
    expect(written.at(-1)).toEqual({ name: 'web-1', status: 'True', reason: 'Published' });
  });

  test('an answer for an address that the pod does not have any more opens nothing', async () => {
    const { keeper, see, written } = stage();
    see(podObject('web-1'));
    await keeper.published([['web-1', 'another hash']]);
    expect(written).toEqual([]);
  });

  test('a gate that could not be written is tried again', async () => {
    const { after, answer, fail, see, written } = stage();
    see(podObject('web-1'));
    fail(new Error('no rights'));
    await answer('web-1');
    fail(undefined);
    await after(60);
    expect(written).toEqual([{ name: 'web-1', status: 'True', reason: 'NotPublishedInTime' }]);
  });

  test('writes that fail back off, each pod by itself, and are told once', async () => {
    const { after, fail, lines, see, tries, written } = stage();
    for (let i = 0; i < 300; i++) see(podObject(`web-${i}`));
    fail(new ApiError(403, 'forbidden'));
    for (let i = 0; i < 600; i++) await after(0.5);
    // 240 s after the time-out; without back-off 144,000.
    expect(tries.length).toBeLessThan(300 * 16);
    expect(tries.length).toBeGreaterThan(300 * 5);
    expect(new Set(tries).size).toBeGreaterThan(50);
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', expect.stringContaining('403')],
    ]);
    fail(undefined);
    for (let i = 0; i < 130; i++) await after(0.5);
    expect(written).toHaveLength(300);
    expect(lines.filter(({ level }) => level === 'info')).toHaveLength(1);
  });

  test('nobody writes before the API allows it again', async () => {
    const { after, fail, see, tries } = stage();
    for (let i = 0; i < 30; i++) see(podObject(`web-${i}`));
    fail(new ApiError(429, 'too many requests', '30'));
    await after(60);
    const first = tries.length;
    // What was under way at the same time.
    expect(first).toBeLessThanOrEqual(8);
    for (let i = 0; i < 29; i++) await after(1);
    expect(tries).toHaveLength(first);
    await after(1);
    expect(tries.length).toBeGreaterThan(first);
  });

  test('pods whose namespace is not known yet keep nobody else from being asked about', async () => {
    const { after, asked, see } = stage({
      lost: { timeoutSeconds: 3600, whenLate: 'open' },
      shop: { timeoutSeconds: 3600, whenLate: 'open' },
    });
    for (let i = 0; i < 250; i++) see(podObject(`lost-${i}`, { namespace: 'lost' }));
    for (let i = 0; i < 250; i++) see(podObject(`web-${i}`));
    await after(1);
    expect(asked().map((pods) => pods.length)).toEqual([200]);
    // Who was not asked about yet comes before those whose second turn it is.
    await after(2);
    expect(asked().at(-1)?.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, i) => `web-${200 + i}`));
  });

  test('a pod that goes is forgotten', async () => {
    const { after, answer, asked, gone, see, written } = stage();
    see(podObject('web-1'));
    gone('web-1');
    await answer('web-1');
    await after(300);
    expect([asked(), written]).toEqual([[], []]);
  });
});
