import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FirewallConnection } from '../../lib/core/firewall.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import { close, open, type Scene } from '../support/firewalls/scene.ts';
import type { Identity } from '../support/pki.ts';
import { type Authorities, badCertificates, goodCertificate, makeAuthorities } from './certificates.ts';

/** Lists are fetched from us: there the other side looks at certificates. */
const kinds = Object.keys(firewallModules).filter((kind) => kind !== 'pull-list');

let authorities: Authorities;
const servers: Server[] = [];

beforeAll(async () => {
  authorities = await makeAuthorities();
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that answers nothing of use; says how many bytes of requests got through to it. */
async function serve({
  certificate: cert,
  privateKey: key,
}: Identity): Promise<{ port: number; heard: () => number }> {
  let bytes = 0;
  const server = createServer({ cert, key }, (_, response) => response.writeHead(404).end('{}'));
  server.on('secureConnection', (socket: Socket) => socket.on('data', (data) => (bytes += data.length)));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, heard: () => bytes };
}

describe.each(kinds)('%s', (kind) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await open(kind);
  });
  afterAll(async () => await close(scene));

  /** The code with which everything ends that is asked there: who it is, what a group has, a change. */
  async function ask(port: number): Promise<unknown[]> {
    const { rig, request } = scene;
    const ca = authorities.authority.certificate;
    const settings = { ...(request.settings as object), address: '127.0.0.1', port, ca };
    const [channel = ''] = Object.keys(rig.module.facts.channels);
    const name = rig.module.objectName({ hub: 'test', group: 'web', channel, firewall: 'edge-1' });
    const object = { group: 'web', name, channel, create: 'own' } as const;
    const calls: ((connection: FirewallConnection) => Promise<unknown>)[] = [
      (connection) => connection.identity(),
      (connection) => connection.observeMembers(object),
      (connection) => connection.apply([{ object, add: ['10.1.0.3'], remove: [], expectedCount: 1 }]),
    ];
    const ends: unknown[] = [];
    for (const call of calls) {
      const connection = await rig.module
        .connect({ ...request, deadline: request.deadline, settings })
        .catch((error: { code?: string }) => error.code);
      ends.push(typeof connection === 'object' ? await endOf(connection, call) : connection);
    }
    return ends;
  }

  async function endOf(
    connection: FirewallConnection,
    call: (connection: FirewallConnection) => Promise<unknown>,
  ): Promise<unknown> {
    try {
      const end = await call(connection);
      const [report] = Array.isArray(end)
        ? (end as { outcomes: Map<string, { error?: { code: string } }> }[])
        : [];
      return [...(report?.outcomes.values() ?? [])][0]?.error?.code ?? end;
    } catch (error) {
      return (error as { code?: string }).code;
    } finally {
      await connection.close();
    }
  }

  test('asks a server whose certificate is good', async () => {
    const { port, heard } = await serve(await goodCertificate(authorities));
    expect(await ask(port)).not.toContain('firewall/certificate-untrusted');
    expect(heard()).toBeGreaterThan(0);
  });

  test.each(badCertificates)('tells a server nothing whose certificate is %s', async (_, make) => {
    const { port, heard } = await serve(await make(authorities));
    expect(await ask(port)).toEqual(Array(3).fill('firewall/certificate-untrusted'));
    expect(heard()).toBe(0);
  });
});
