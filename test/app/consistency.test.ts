import { expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { everywhere, Fleet } from '../support/fleet.ts';
import { pod } from '../support/world.ts';

const firewalls = ['edge-1', 'edge-2', 'edge-3', 'edge-4'];
const all = { consistency: 'all' } as const;
const blue = everywhere('web', firewalls, { ...all, select: "colour == 'blue'" });
const green = everywhere('web', firewalls, { ...all, select: "colour == 'green'" });
const blues = ['10.1.0.1', '10.1.0.2'];
const greens = ['10.1.0.3', '10.1.0.4'];

async function fleet(): Promise<Fleet> {
  const made = await Fleet.start(firewalls, [blue]);
  for (const [index, address] of [...blues, ...greens].entries())
    await made.world.upsert(pod(`p${index}`, address, { colour: index < 2 ? 'blue' : 'green' }));
  return made;
}

function fail(made: Fleet, firewall: string): void {
  made.device(firewall).fault = () => {
    throw new ZonebridgeError('firewall/unreachable', 'down');
  };
}

test('additions first, removals when all firewalls have them', async () => {
  const made = await fleet();
  const both = [...blues, ...greens];
  const before = firewalls.map((name) => made.device(name).applies().length);
  await made.apply([green]);
  await made.minutes(2);
  expect(made.on('web')).toEqual([greens, greens, greens, greens]);
  // No firewall ever lost the blue ones before every other had the green ones.
  for (const [index, name] of firewalls.entries()) {
    const calls = made.device(name).applies().slice(before[index]).flat();
    expect(calls.flatMap(({ add }) => add).sort()).toEqual(greens);
    expect(calls.findIndex(({ remove }) => remove.length > 0)).toBeGreaterThanOrEqual(0);
  }
  expect(both).toHaveLength(4);
});

test('with one firewall down the living stay on the others, the dead leave, and status says 3 of 4 since when', async () => {
  const made = await fleet();
  fail(made, 'edge-4');
  const downAt = made.world.clock.now();
  await made.apply([green]);
  await made.minutes(10);
  const both = [...blues, ...greens];
  expect(made.on('web')).toEqual([both, both, both, blues]);
  const [publication] = (await readStatus(made.world)).publications;
  expect(publication).toMatchObject({ of: 4, consistency: 'all' });
  expect(publication?.missing).toContain('edge-4');
  expect(publication?.since).toBeGreaterThanOrEqual(downAt);
  // A pod dies: its address leaves wherever the firewall answers.
  await made.world.remove('p0');
  await made.minutes(1);
  expect(made.on('web').slice(0, 3)).toEqual([both.slice(1), both.slice(1), both.slice(1)]);
  made.device('edge-4').fault = undefined;
  await made.minutes(20);
  expect(made.on('web')).toEqual([greens, greens, greens, greens]);
  expect((await readStatus(made.world)).publications).toMatchObject([{ complete: 4, of: 4, missing: [] }]);
});

test('what is half published for long is measured for the firewall that lacks it, and ends', async () => {
  const made = await fleet();
  fail(made, 'edge-4');
  await made.world.upsert(pod('p9', '10.1.0.9', { colour: 'blue' }));
  await made.minutes(20);
  const measured = (firewall: string) =>
    made.world.telemetry.metrics.filter(
      ({ name, dimensions }) => name === 'HalfPublishedSeconds' && dimensions['firewall'] === firewall,
    );
  expect(measured('edge-4').at(-1)?.value).toBeGreaterThan(15 * 60);
  expect(measured('edge-1').at(-1)?.value).toBe(0);
  expect((await readStatus(made.world)).publications).toMatchObject([
    { complete: 3, of: 4, missing: ['edge-4'] },
  ]);
  made.device('edge-4').fault = undefined;
  await made.minutes(20);
  expect(measured('edge-4').at(-1)?.value).toBe(0);
});

test('the brakes of one firewall hold the change on all of them', async () => {
  const made = await fleet();
  const many = everywhere('web', firewalls, { ...all, select: 'has(colour) || has(more)' });
  for (let i = 0; i < 30; i++) await made.world.upsert(pod(`m${i}`, `10.2.0.${i}`, { more: '1' }));
  // A firewall that holds nothing yet would be filled without a question; the others stand under the brake.
  const plans = await made.plan([many]);
  for (const { groups } of plans) {
    expect(groups[0]?.allowance).toEqual({ add: 0, remove: 0 });
    expect(groups[0]?.held).toHaveLength(32);
  }
  await made.apply([many]);
  expect(made.on('web')).toEqual([blues, blues, blues, blues]);
});

test('each: the others do not wait', async () => {
  const made = await fleet();
  await made.apply([{ ...blue, consistency: 'each' }]);
  fail(made, 'edge-4');
  await made.apply([{ ...green, consistency: 'each' }]);
  await made.minutes(10);
  expect(made.on('web').slice(0, 3)).toEqual([greens, greens, greens]);
  // What was released for the one that was down is still released when it is back: nobody has to approve it.
  made.device('edge-4').fault = undefined;
  await made.minutes(20);
  expect(made.on('web')[3]).toEqual(greens);
});

test('a pod that died between plan and walk keeps nobody waiting for ever', async () => {
  const made = await fleet();
  const plans = made.plan([green]);
  await plans;
  await made.apply([green]);
  await made.world.remove('p3');
  await made.minutes(10);
  expect(new Set(made.on('web').map((members) => members.join()))).toEqual(new Set(['10.1.0.3']));
});
