import { expect, test } from 'vitest';
import { names } from '../../lib/app/names.ts';
import { recordOf } from '../../lib/app/state/firewall-records.ts';
import { readWriter, writerRow } from '../../lib/app/state/writers.ts';
import { group, pod, World } from '../support/world.ts';
import type { MemorySecrets } from '../support/ports.ts';

const web = { app: 'web' };
const secret = names.secret('test', 'edge');

async function worldWith(accepted: string): Promise<{ world: World; secrets: MemorySecrets }> {
  const world = await World.start([group('web')]);
  const secrets = world.ports.secrets as MemorySecrets;
  await world.upsert(pod('a', '10.1.0.1', web));
  world.device.accepts = new Set([accepted]);
  return { world, secrets };
}

function failedRuns(world: World): unknown[] {
  return world.telemetry.lines.filter(({ message }) => message === 'run ended with an error');
}

test('a kept value that was rotated is read again, and the run goes well', async () => {
  const { world, secrets } = await worldWith('fresh');
  secrets.keep(secret, 'token');
  await secrets.write(secret, 'fresh');
  await world.upsert(pod('b', '10.1.0.2', web));
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
  expect(failedRuns(world)).toEqual([]);
  expect(world.telemetry.valuesOf('RotationTrouble')).toEqual([]);
});

test('the previous key steps in for a current one that is refused; the log names its stage and no key', async () => {
  const { world, secrets } = await worldWith('token');
  await secrets.write(secret, 'mistyped');
  await world.upsert(pod('b', '10.1.0.2', web));
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
  expect(failedRuns(world)).toEqual([]);
  expect(world.telemetry.valuesOf('RotationTrouble')).toEqual([1]);
  expect(world.telemetry.lines).toContainEqual(
    expect.objectContaining({ fields: { firewall: 'edge', stage: 'previous' } }),
  );
  expect(JSON.stringify(world.telemetry)).not.toMatch(/mistyped|"token"/);
  // The next run begins with the key that works.
  world.device.calls = [];
  await world.remove('b');
  expect(world.device.calls.map(({ name }) => name)).toEqual(['apply']);
  expect(world.telemetry.valuesOf('RotationTrouble')).toEqual([1]);
});

test('a pending key is tried before the previous one', async () => {
  const { world, secrets } = await worldWith('new');
  await secrets.stage(secret, 'new', 'version');
  await world.upsert(pod('b', '10.1.0.2', web));
  expect(world.on('web')).toContain('10.1.0.2');
});

test('when no key is accepted each was tried once, and the circuit opens', async () => {
  const { world, secrets } = await worldWith('none of them');
  await secrets.write(secret, 'current');
  await secrets.stage(secret, 'pending', 'version');
  const before = world.device.calls.length;
  let asked = 0;
  world.device.onItsWay = () => void asked++;
  await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
  world.queues.take();
  await world.wakeUp();
  // Current, pending and previous; a refused call reaches no object.
  expect([asked, world.device.calls.length - before]).toEqual([3, 0]);
  const [writer] = await world.tables.read([writerRow(world.writerKey)]);
  const { trouble } = recordOf(readWriter(writer).firewalls, 'edge');
  expect(trouble.circuitUntil).toBeGreaterThan(world.clock.now());
});
