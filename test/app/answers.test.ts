import { beforeEach, describe, expect, test } from 'vitest';
import { answerApproval } from '../../lib/app/commands/answer-approval.ts';
import { listHeld } from '../../lib/app/commands/approve.ts';
import { pauseWrites, resumeWrites } from '../../lib/app/commands/pause.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import type { BusEvent } from '../../lib/core/ports.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const account = '444455556666';
const source = 'tickets.example';
const principal = `arn:aws:iam::${account}:role/tickets`;

let world: World;
let told: { type: string; detail: Record<string, unknown> }[];
let busDown: boolean;

const bus = {
  put: async (events: readonly BusEvent[]): Promise<void> => {
    if (busDown) throw new Error('the bus does not answer');
    told.push(
      ...events.map(({ type, detail }) => ({ type, detail: JSON.parse(detail) as Record<string, unknown> })),
    );
  },
};

async function sweepNow(): Promise<void> {
  await world.clock.sleep(60_000);
  await sweep(world.ports, world.configurations, bus);
  await world.settle();
}

const app = () => ({ ports: world.ports, configurations: world.configurations });
const toldOf = (type: string) => told.filter((one) => one.type === type).map(({ detail }) => detail);

async function answer(more: Record<string, unknown> = {}, event: Record<string, unknown> = {}) {
  const { request, digest } = toldOf('approval-requested').at(-1) ?? {};
  const detail = { schema: 1, request, digest, decision: 'approve', ticket: 'CHG0042', ...more };
  const body = { source, account, 'detail-type': 'approval-answer', detail, ...event };
  const decided = await answerApproval(app(), JSON.stringify(body));
  await world.settle();
  return decided;
}

/** What the last refused answer was refused for. */
async function refusal(more: Record<string, unknown> = {}, event: Record<string, unknown> = {}) {
  expect(await answer(more, event)).toBeUndefined();
  expect(world.on('web')).toHaveLength(4);
  await sweepNow();
  const { code, problem } = toldOf('answer-refused').at(-1) ?? {};
  return `${String(code)}: ${String(problem)}`;
}

beforeEach(async () => {
  told = [];
  busDown = false;
  world = new World([group('web')]);
  const ticketSystems = { tickets: { source, account, principal } };
  const approvals = { ticket: { required: true, pattern: 'CHG\\d+' } };
  world.configuration = { ...world.configuration, approvals, ticketSystems };
  await world.activate();
  await world.hello('agent-process-1');
  for (let i = 0; i < 4; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i + 1}`, web));
  await world.apply([group('web', { select: "app == 'wbe'" })], { add: 0, remove: 0 });
  await sweepNow();
});

describe('what is held', () => {
  test('is told once, with a request for a fixed set', async () => {
    await sweepNow();
    await sweepNow();
    const [held] = toldOf('change-held');
    expect(toldOf('change-held')).toHaveLength(1);
    expect(held).toMatchObject({
      schema: 1,
      firewall: 'edge',
      group: 'web',
      count: 4,
      reasons: { 'configuration-shrink': 4 },
    });
    expect(toldOf('approval-requested')).toHaveLength(1);
    expect(toldOf('approval-requested')[0]).toMatchObject({
      count: 4,
      digest: expect.stringMatching(/^\w{32}$/),
    });
  });

  test('is told later when the bus does not answer, and nothing is lost', async () => {
    await pauseWrites(world.ports, world.configurations, {
      firewall: 'edge',
      by: { name: 'ada', principal: undefined },
    });
    busDown = true;
    await expect(sweepNow()).rejects.toThrow('does not answer');
    busDown = false;
    await sweepNow();
    expect(toldOf('paused')).toEqual([expect.objectContaining({ firewall: 'edge', by: 'ada' })]);
    await resumeWrites(world.ports, world.configurations, {
      firewall: 'edge',
      by: { name: 'ada', principal: undefined },
    });
    await sweepNow();
    expect(toldOf('resumed')).toHaveLength(1);
  });

  test('is asked for again when nobody answered in time, or the set changed', async () => {
    await world.clock.sleep(60 * 60_000);
    // Every group is looked at again within five minutes.
    for (let minute = 0; minute < 5; minute++) await sweepNow();
    expect(toldOf('approval-requested').length).toBe(2);
    await world.apply([group('web', { select: "app in {'wbe', 'web'}" })]);
    await sweepNow();
    expect(await listHeld(world.ports, await world.configurations.active(), 'edge')).toEqual([]);
    expect(toldOf('approval-requested').length).toBe(2);
  });
});

describe('an answer', () => {
  test('approves exactly the set; the role of the ticket system is the approver', async () => {
    expect(await answer()).toMatchObject({ decided: [{}, {}, {}, {}] });
    expect(world.on('web')).toEqual([]);
    await sweepNow();
    expect(toldOf('approved')).toEqual([
      expect.objectContaining({ by: principal, ticket: 'CHG0042', count: 4 }),
    ]);
  });

  test('rejects it', async () => {
    await answer({ decision: 'reject', reason: 'not in this window' });
    expect(world.on('web')).toHaveLength(4);
    const [held] = await listHeld(world.ports, await world.configurations.active(), 'edge');
    expect(held?.rejected).toMatchObject({ by: principal, reason: 'not in this window' });
    await sweepNow();
    expect(world.telemetry.valuesOf('ChangesHeld').at(-1)).toBe(0);
    expect(toldOf('approval-requested')).toHaveLength(1);
  });

  test.each([
    ['from another source', {}, { source: 'tickets.other' }],
    ['from another account', {}, { account: '999988887777' }],
    ['to no request', { request: 'no-such-request' }, {}],
    ['about other changes', { digest: '0'.repeat(32) }, {}],
  ])('%s is refused', async (_, more, event) => {
    expect(await refusal(more, event)).toContain('approval/unknown-request');
  });

  test.each([
    ['another form', { decision: 'maybe' }],
    ['a later schema', { schema: 2 }],
    ['fields nobody knows', { firewall: 'other' }],
    ['a role of its own', { principal: 'arn:aws:iam::1:role/boss' }],
  ])('with %s is refused', async (_, more) => {
    expect(await refusal(more)).toContain('record/invalid');
  });

  test('that is no JSON is refused', async () => {
    expect(await answerApproval(app(), '{')).toBeUndefined();
  });

  test('without the ticket that is asked for is refused', async () => {
    expect(await refusal({ ticket: undefined })).toContain('approval/ticket');
    expect(await refusal({ ticket: 'INC1' })).toContain('approval/ticket');
  });

  test('that comes late is refused', async () => {
    await world.clock.sleep(60 * 60_000);
    expect(await refusal()).toContain('lapsed');
  });

  test('that comes again is refused, and decides nothing twice', async () => {
    await answer({ decision: 'reject' });
    expect(await refusal()).toContain('answered before');
  });

  test('about holds that dissolved is refused', async () => {
    await world.apply([group('web')]);
    expect(await refusal()).toContain('is held any more');
  });

  test('to a request from before a freeze releases nothing in it, and may refuse', async () => {
    const iso = (time: number): string => new Date(time).toISOString();
    const period = { from: iso(world.clock.now()).slice(0, 16), to: '2199-01-01T00:00', zone: 'UTC' };
    const { approvals } = world.configuration;
    world.configuration = { ...world.configuration, approvals: { ...approvals, freeze: [period] } };
    await world.activate();
    expect(await refusal()).toContain('is held any more');
    expect(await answer({ decision: 'reject' })).toMatchObject({ decided: [{}, {}, {}, {}] });
  });

  test('of whoever applied the configuration is refused', async () => {
    await world.configurations.activate(
      { ...world.configuration },
      {
        previous: 2,
        author: 'tickets',
        principal: 'arn:aws:sts::444455556666:assumed-role/tickets/x',
        now: world.clock.now(),
      },
    );
    expect(await refusal()).toContain('approval/second-person');
  });
});
