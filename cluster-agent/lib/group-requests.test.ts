import { expect, test } from 'vitest';
import { requestsDetail } from '../../lib/core/model/messages.ts';
import { RecordingBus } from '../../test/support/agent-world.ts';
import { FakeClock, RecordingTelemetry } from '../../test/support/ports.ts';
import { GroupTeller } from './group-requests.ts';
import { AgentStatus } from './status.ts';

function addressGroup(name: string, second: number, matchLabels: Record<string, string> = {}) {
  const creationTimestamp = new Date(second * 1_000).toISOString();
  return {
    metadata: { uid: name, name, namespace: 'shop', generation: 1, creationTimestamp },
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
  const { requests, more } = requestsDetail.parse(JSON.parse(text));
  return { text, names: requests.map(({ name }) => name), more };
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
    addressGroup('long-1', 1, long),
    addressGroup('long-2', 2, long),
    addressGroup('web', 3, { app: 'web' }),
  ]);
  expect([names, more]).toEqual([['web'], 2]);
  expect(Buffer.byteLength(text)).toBeLessThan(256_000);
});
