import { expect, test } from 'vitest';
import { requestsDetail } from '../../lib/core/model/messages.ts';
import { RecordingBus } from '../../test/support/agent-world.ts';
import { FakeClock, RecordingTelemetry } from '../../test/support/ports.ts';
import { GroupTeller } from './group-requests.ts';
import { AgentStatus } from './status.ts';

function addressGroup(
  name: string,
  second: number,
  { matchLabels = {}, namespace = 'shop' }: { matchLabels?: Record<string, string>; namespace?: string } = {},
) {
  const creationTimestamp = new Date(second * 1_000).toISOString();
  return {
    metadata: { uid: name, name, namespace, generation: 1, creationTimestamp },
    spec: { selector: { matchLabels }, usedIn: 'allow', firewalls: ['edge-1'], maxMembers: 5 },
  };
}

/** What is told of these resources: the text as it goes on the bus, and its content. */
async function toldOf(items: readonly object[]) {
  const clock = new FakeClock();
  const bus = new RecordingBus();
  const teller = new GroupTeller({
    documents: {
      async read(path) {
        const { searchParams } = new URL(path, 'https://api');
        const start = Number(searchParams.get('continue') ?? 0);
        const end = start + Number(searchParams.get('limit'));
        const metadata = end < items.length ? { continue: String(end) } : {};
        return { object: { kind: 'AddressGroupList', metadata, items: items.slice(start, end) } };
      },
    },
    bus,
    clock,
    status: new AgentStatus(clock, new RecordingTelemetry()),
    epoch: () => 1,
    namespaceLabels: () => ({}),
  });
  await teller.look();
  const text = bus.accepted[0]?.detail ?? '';
  const { requests, more, others } = requestsDetail.parse(JSON.parse(text));
  return { text, names: requests.map(({ name }) => name), more, others };
}

/** About 60,000 characters of three bytes each: more than its share of what the bus takes, though the schema of the resource allows it. */
const long = Object.fromEntries(
  Array.from({ length: 950 }, (_, index) => [`key-${index}`, '\u4e00'.repeat(63)]),
);

test('tells the oldest first, and how many more there are', async () => {
  const items = Array.from({ length: 302 }, (_, index) => addressGroup(`g${index}`, 1_000 - index));
  const { names, more } = await toldOf(items);
  expect([names[0], names.length, more]).toEqual(['g301', 300, 2]);
});

test('what one team writes keeps no other one out: lengths count in bytes, and what is too long is left out alone', async () => {
  const { text, names, more } = await toldOf([
    addressGroup('long-1', 1, { matchLabels: long }),
    addressGroup('long-2', 2, { matchLabels: long }),
    addressGroup('web', 3, { matchLabels: { app: 'web' } }),
  ]);
  expect([names, more]).toEqual([['web'], 2]);
  expect(Buffer.byteLength(text)).toBeLessThan(256_000);
});

test('a namespace with very many keeps no other one out, and of what is not told in full the ids are', async () => {
  const crowd = Array.from({ length: 2_500 }, (_, index) => addressGroup(`crowd-${index}`, index));
  const late = [1, 2].map((index) => addressGroup(`late-${index}`, 9_000 + index, { namespace: 'small' }));
  const { names, more, others } = await toldOf([...crowd, ...late]);
  expect(names).toHaveLength(300);
  expect(names.slice(0, 4)).toEqual(['crowd-0', 'late-1', 'crowd-1', 'late-2']);
  expect([more, others.length]).toEqual([2_202, 2_000]);
  expect(others).not.toContain('late-1');
});
