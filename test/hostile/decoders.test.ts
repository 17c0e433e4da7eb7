import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HubLink } from '../../cluster-agent/lib/hub-link.ts';
import { AgentStatus } from '../../cluster-agent/lib/status.ts';
import { InvalidConfiguration } from '../../lib/app/configuration/invalid-configuration.ts';
import { document, load } from '../../lib/app/configuration/test-document.ts';
import { reconcileMessage } from '../../lib/app/reconcile/reconcile-message.ts';
import { parseWakeUp } from '../../lib/app/sync/wake-up.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from '../support/ports.ts';
import { group, pod, World } from '../support/world.ts';
import { hostileTexts } from './corpus.ts';

const anyText = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.json({ maxDepth: 3 }),
);

/** Loads, and lets pass what is meant for the author of a file. */
async function read(yaml: string): Promise<'accepted' | 'refused'> {
  try {
    await load(yaml);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    expect(error.code).toBe('configuration/invalid');
    expect(error.problems.length).toBeGreaterThan(0);
    return 'refused';
  }
}

describe('configuration', () => {
  const laughs = Array.from(
    { length: 12 },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`,
  );

  test.each([
    ['aliases of aliases of aliases', ['a0: &a0 [x, x, x]', ...laughs].join('\n')],
    ['an alias of what is around it', 'hub: &hub { name: *hub }'],
    ['an alias in its own list', 'groups: &all [*all]'],
    ['a prototype', `${document}\n__proto__: { polluted: true }`],
    ['a prototype as a group', document.replace('  storefront:', '  __proto__:')],
    ['a constructor', `${document}\nconstructor: { prototype: { polluted: true } }`],
    ['deep lists', `hub: ${'['.repeat(3000)}${']'.repeat(3000)}`],
    ['deep maps', `hub: ${'{a: '.repeat(2000)}1${'}'.repeat(2000)}`],
    ['a tag that makes objects', 'hub: !!js/function "function () { return 1 }"'],
    ['a binary tag', 'hub: !!binary AAAA'],
    ['no text', '\u0000\u0001\u0002'],
    ['half a character', 'hub: "\ud800"'],
    ['a hundred documents', '---\n'.repeat(100)],
    ['nothing', ''],
    ['a number', '7'],
    ['a path out of the folder', document.replace('edge-1-ca.pem', '../../../etc/passwd')],
  ])('%s: refused with its problems', async (_, yaml) => {
    expect(await read(yaml)).toBe('refused');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('whatever stands in the place of a value is accepted or refused, never a crash', async () => {
    const lines = document.split('\n');
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), anyText, fc.boolean(), async (place, text, quoted) => {
        const changed = [...lines];
        const value = quoted ? JSON.stringify(text) : text;
        changed[place] = (changed[place] ?? '').replace(/: .*/, () => `: ${value}`);
        await read(changed.join('\n'));
      }),
      { numRuns: 150, seed: 3 },
    );
  });
});

test('a wake-up is what we send, or nothing', () => {
  fc.assert(
    fc.property(anyText, (body) => {
      const writer = parseWakeUp(body);
      if (writer !== undefined) expect(JSON.parse(body)).toMatchObject({ writer });
    }),
    { numRuns: 2000, seed: 4 },
  );
  expect(parseWakeUp('{"writer":"fortigate:10.0.0.10:443"}')).toBe('fortigate:10.0.0.10:443');
});

test('a request to compare that cannot be read, or names what every object has, ends quietly', async () => {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', { app: 'web' }));
  const firewalls = [...hostileTexts, 'constructor', 'toString', '__proto__', 'hasOwnProperty'];
  const bodies = [
    ...firewalls.map((firewall) => JSON.stringify({ firewall })),
    ...hostileTexts,
    '',
    '{',
    'null',
    '[]',
    '7',
  ];
  for (const body of bodies) await reconcileMessage(world.ports, world.configurations, body);
  expect(world.on('web')).toEqual(['10.1.0.1']);
});

test('an agent takes no message that is not of its hub, and goes on listening', async () => {
  const clock = new FakeClock({ automatic: true });
  const epochs: number[] = [];
  const shards: number[] = [];
  const good = { type: 'epoch', schema: 1, epoch: 3 };
  const bodies = [
    ...hostileTexts,
    '{}',
    'null',
    '[]',
    '{"type":"constructor"}',
    '{"type":"epoch"}',
    '['.repeat(100_000),
    ...[0, -1, 1.5, 2 ** 60, '3', null].map((epoch) => JSON.stringify({ ...good, process: 'p', epoch })),
    JSON.stringify({ ...good, schema: 2, process: 'PROCESS' }),
    JSON.stringify({ type: 'resend', schema: 1, epoch: 3, shards: [256] }),
    JSON.stringify({ type: 'resend', schema: 1, epoch: 9, shards: [1] }),
    JSON.stringify({ type: 'resend', schema: 1, epoch: 3, shards: [1], endpoints: [7] }),
    JSON.stringify({ type: 'manifests', schema: 1, epoch: 3, shards: [-1] }),
    JSON.stringify({ type: 'manifests', schema: 1, epoch: 9, shards: [1] }),
  ];
  const stop = new AbortController();
  const link = new HubLink({
    bus: { putEvents: async () => [undefined] },
    inbox: {
      receive: async () => {
        const body = bodies.shift();
        if (body !== undefined)
          return [
            {
              body: body.replace('PROCESS', link.process),
              ack: async () => undefined,
              release: async () => undefined,
            },
          ];
        if (link.epoch !== undefined) stop.abort();
        return [
          {
            body: JSON.stringify({ ...good, process: link.process }),
            ack: async () => undefined,
            release: async () => undefined,
          },
        ];
      },
    },
    clock,
    random: new SeededRandom(1),
    status: new AgentStatus(clock, new RecordingTelemetry()),
    agentVersion: '1',
    onEpoch: (epoch) => epochs.push(epoch),
    onSuperseded: () => undefined,
    onManifests: (of) => shards.push(...of),
    onResend: (of) => shards.push(...of),
  });
  await link.listen(stop.signal);
  expect(epochs).toEqual([3]);
  expect(shards).toEqual([]);
});
