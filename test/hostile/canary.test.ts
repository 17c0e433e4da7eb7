import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reconcileFirewall } from '../../lib/app/reconcile/reconcile-firewall.ts';
import type { TableName } from '../../lib/core/ports.ts';
import { fortigate } from '../../lib/firewalls/fortigate/index.ts';
import { fortigateSettings } from '../../lib/firewalls/fortigate/schema.ts';
import type { MemoryTables } from '../support/memory-tables.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

const tables: readonly TableName[] = ['endpoints', 'memberships', 'dirty', 'ledger', 'control', 'history'];

let world: OperatorWorld;
/** Everything that left the process or was stored where people look. */
let seen: string[];

beforeEach(async () => {
  world = await OperatorWorld.start({ web: pushed('web') });
  seen = [];
  const { queues } = world;
  queues.beforeSend = (message) => void seen.push(JSON.stringify(message));
});
afterEach(() => world.stop());

async function run(...argv: string[]): Promise<void> {
  const { stdout, stderr } = await world.run(
    argv,
    argv[0] === 'secret' ? { stdin: `${world.simulator.token}\n` } : {},
  );
  seen.push(stdout, stderr);
}

/** The token in the forms in which it could slip out. */
function forms(token: string): string[] {
  const base64 = Buffer.from(token).toString('base64').replace(/=+$/, '');
  return [
    token,
    base64,
    encodeURIComponent(token),
    Buffer.from(token).toString('hex'),
    Array.from(token).toReversed().join(''),
  ];
}

function everything(): string {
  const store = world.operator.ports.tables as MemoryTables;
  for (const table of tables) seen.push(JSON.stringify(store.all(table)));
  seen.push(
    JSON.stringify(world.telemetry),
    ...[...world.archive.objects.values()].map((body) => Buffer.from(body).toString('latin1')),
  );
  return seen.join('\n');
}

test('the token shows nowhere, even when the firewall repeats it in everything it says', async () => {
  const { simulator } = world;
  const { token } = simulator;
  await run('secret', 'set', 'edge');
  await run('validate');
  await run('plan', '--json');
  await run('apply', '--yes', '--json');
  await world.tell(pod('a', '10.1.0.1', { app: 'web' }));
  expect(world.members('web')).toEqual(['10.1.0.1']);

  const said = `cannot parse header "Authorization: Bearer ${token}" (${token})`;
  const [fault] = simulator.faults.add({ kind: 'reject', status: 500, cliError: [said, token] });
  await world.tell(pod('b', '10.1.0.2', { app: 'web' }));
  for (const command of [
    ['check', 'edge'],
    ['status'],
    ['groups'],
    ['explain', '10.1.0.2'],
    ['explain', 'web'],
    ['plan'],
    ['reconcile', 'edge'],
    ['approve', 'edge', '--yes'],
    ['history', '10.1.0.2'],
  ]) {
    await run(...command);
    await run(...command, '--json');
  }
  const { ports, configurations } = world.operator;
  const crash: unknown = await reconcileFirewall(ports, configurations, {
    firewall: 'edge',
    reason: 'test',
  }).catch((error: unknown) => error);
  expect(crash).toBeInstanceOf(Error);
  seen.push(
    inspect(crash, { depth: 20, showHidden: true }),
    JSON.stringify(crash),
    String((crash as Error).stack),
  );
  simulator.faults.remove(fault?.id ?? '');
  await world.work();
  await run('status', '--json');
  await world.archiveAll();

  const all = everything();
  // What was looked at holds what the firewall said, so that the silence about the token means something.
  expect(all).toContain('cannot parse header');
  expect(all).toContain('[secret]');
  for (const form of forms(token)) expect(all).not.toContain(form);
});

test('a token that is refused, or is none, is not repeated by whoever says so', async () => {
  const { simulator } = world;
  const bad = 'SECRET canary with blanks\u0007';
  const { stdout, stderr, code } = await world.run(['secret', 'set', 'edge'], { stdin: `${bad}\n` });
  expect(code).not.toBe(0);
  expect(stdout + stderr).not.toContain('canary');
  const other = 'canaryCANARYcanary123';
  await world.run(['secret', 'set', 'edge'], { stdin: `${other}\n` });
  await run('apply', '--yes', '--json');
  await world.tell(pod('a', '10.1.0.1', { app: 'web' }));
  await run('check', 'edge');
  await run('status', '--json');
  const connection = await fortigate.connect({
    firewall: 'edge',
    hub: 'test',
    settings: fortigateSettings.parse({
      address: '127.0.0.1',
      port: simulator.port,
      version: '7.4',
      managedBy: 'none',
      ca: simulator.ca,
    }),
    credential: other,
    clock: world.clock,
    deadline: world.clock.now() + 60_000,
    commentFor: (name) => name,
  });
  const refusal: unknown = await connection.identity().catch((error: unknown) => error);
  await connection.close();
  expect(refusal).toMatchObject({ code: 'firewall/credentials-rejected' });
  seen.push(inspect(refusal, { depth: 20, showHidden: true }));
  expect(everything()).not.toMatch(/canaryCANARY/);
  expect(JSON.stringify(simulator.requests.list())).not.toContain(other);
});
