import { expect, test } from 'vitest';
import { checkFirewall } from '../../lib/app/commands/check.ts';
import { rotateCredential } from '../../lib/app/commands/rotate-credential.ts';
import { setCredential } from '../../lib/app/commands/set-credential.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import type { ConnectionRequest, FirewallModule } from '../../lib/core/firewall.ts';
import type { MemorySecrets } from '../support/ports.ts';
import { paperModule } from '../support/paper-firewall.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

/** A hub that holds no secret at all, and a firewall whose module says that it needs none. */
async function worldWithout(): Promise<{ world: World; secrets: MemorySecrets; given: string[] }> {
  const world = await World.start([group('web')]);
  const secrets = world.ports.secrets as MemorySecrets;
  secrets.values.clear();
  const given: string[] = [];
  const paper: FirewallModule = {
    ...(paperModule as FirewallModule),
    withoutCredential: true,
    checkCredential: () => 'no credential is a good one',
    connect: async (request: ConnectionRequest<unknown>) => {
      given.push(request.credential);
      return await (paperModule as FirewallModule).connect(request);
    },
    diagnose: async (request) => {
      given.push(request.credential);
      return { certificate: undefined, clockDifferenceMs: undefined, rights: [] };
    },
  };
  world.ports.firewalls = { paper };
  return { world, secrets, given };
}

test('a module that needs no credential is kept and checked without any secret', async () => {
  const { world, secrets, given } = await worldWithout();
  await world.upsert(pod('a', '10.1.0.1', web));
  expect(world.on('web')).toEqual(['10.1.0.1']);
  const result = await checkFirewall(world, world.configuration, 'edge');
  expect(result.ok).toBe(true);
  expect(result.lines.find(({ name }) => name === 'credential')?.text).toContain('none is needed');
  expect(given.length).toBeGreaterThan(1);
  expect(new Set(given)).toEqual(new Set(['']));
  expect(secrets.reads).toEqual([]);
});

test('a refusal of the role is told as it is; nobody looks for another credential', async () => {
  const { world, secrets, given } = await worldWithout();
  world.device.fault = () => {
    throw new ZonebridgeError('firewall/credentials-rejected', 'this role is unknown');
  };
  const result = await checkFirewall(world, world.configuration, 'edge');
  expect(result.ok).toBe(false);
  expect(result.lines.find(({ code }) => code === 'firewall/credentials-rejected')?.text).toContain(
    'this role is unknown',
  );
  expect(given).toEqual(['']);
  expect(secrets.reads).toEqual([]);
});

test('a credential for it is refused, stored or renewed', async () => {
  const { world, secrets } = await worldWithout();
  const { configuration, ports } = world;
  const refused = { code: 'secret/not-needed', message: expect.stringContaining('edge') as unknown };
  await expect(
    setCredential({ ports, credentials: secrets }, { configuration, firewall: 'edge', text: 'token' }),
  ).rejects.toMatchObject(refused);
  const app = { ports, credentials: secrets, configurations: world.configurations };
  for (const key of ['token', undefined])
    for (const inNetwork of [true, false])
      await expect(
        rotateCredential(app, { configuration, firewall: 'edge', key, inNetwork, progress: () => undefined }),
      ).rejects.toMatchObject(refused);
  expect([...secrets.values.keys(), ...secrets.pending.keys(), ...secrets.started]).toEqual([]);
});
