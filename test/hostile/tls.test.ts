import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { kubernetesSource } from '../../cluster-agent/kubernetes-api.ts';
import { FortigateClient } from '../../lib/firewalls/fortigate/client.ts';
import { fortigateSettings } from '../../lib/firewalls/fortigate/schema.ts';
import { entranceOf } from '../support/entrance.ts';
import { FakeClock, SeededRandom } from '../support/ports.ts';
import { certify, type Identity } from '../support/pki.ts';
import { type Authorities, badCertificates, makeAuthorities } from './certificates.ts';

const here = [{ type: 'ip', value: '127.0.0.1' }] as const;
let authority: Identity;
let intermediate: Identity;
let stranger: Identity;
let authorities: Authorities;
const servers: Server[] = [];

beforeAll(async () => {
  authorities = await makeAuthorities();
  ({ authority, intermediate, stranger } = authorities);
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that both clients would believe, if it were not for its certificate. Counts the requests that got through. */
async function serve(
  identity: Identity,
  more: ServerOptions = {},
): Promise<{ port: number; requests: string[] }> {
  const requests: string[] = [];
  const options = { cert: identity.certificate, key: identity.privateKey, ...more };
  const server = createServer(options, (request, response) => {
    requests.push(request.headers.authorization ?? '');
    const body = {
      kind: 'PodList',
      status: 'success',
      http_status: 200,
      vdom: 'root',
      results: {},
      metadata: { resourceVersion: '1' },
      items: [],
    };
    response.end(JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, requests };
}

async function askFirewall(port: number, more: Record<string, unknown> = {}): Promise<unknown> {
  const clock = new FakeClock({ automatic: true });
  const client = new FortigateClient({
    firewall: 'edge',
    hub: 'test',
    settings: fortigateSettings.parse({
      address: '127.0.0.1',
      port,
      version: '7.4',
      managedBy: 'none',
      ca: authority.certificate,
      ...more,
    }),
    credential: 'the-token',
    clock,
    deadline: clock.now() + 600_000,
    commentFor: (name) => name,
  });
  try {
    await client.get('/api/v2/monitor/system/status');
    return 'answered';
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    client.close();
  }
}

async function askKubernetes(port: number, host = '127.0.0.1'): Promise<unknown> {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: 'c',
        server: `https://${host}:${port}`,
        caData: Buffer.from(authority.certificate).toString('base64'),
      },
    ],
    users: [{ name: 'u', token: 'the-token' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  try {
    await kubernetesSource(entranceOf(config), new SeededRandom()).list('pod', {
      next: undefined,
      larger: 0,
      stop: new AbortController().signal,
    });
    return 'answered';
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe('certificates that are good', () => {
  test('a private authority, by address', async () => {
    const { port, requests } = await serve(
      await certify({ name: 'firewall', signedBy: authority, for: here }),
    );
    expect(await askFirewall(port)).toBe('answered');
    expect(await askKubernetes(port)).toBe('answered');
    expect(requests).toEqual(['Bearer the-token', 'Bearer the-token']);
  });

  test('an authority in between that the server sends', async () => {
    const leaf = await certify({ name: 'firewall', signedBy: intermediate, for: here });
    const { port } = await serve(leaf, { cert: `${leaf.certificate}\n${intermediate.certificate}` });
    expect(await askFirewall(port)).toBe('answered');
    expect(await askKubernetes(port)).toBe('answered');
  });

  test('another name, when the configuration names it', async () => {
    const leaf = await certify({
      name: 'x',
      signedBy: authority,
      for: [{ type: 'dns', value: 'fw.example.com' }],
    });
    const { port } = await serve(leaf);
    expect(await askFirewall(port, { tlsServerName: 'fw.example.com' })).toBe('answered');
  });

  test('TLS 1.2', async () => {
    const { port } = await serve(await certify({ name: 'firewall', signedBy: authority, for: here }), {
      maxVersion: 'TLSv1.2',
    });
    expect(await askFirewall(port)).toBe('answered');
    expect(await askKubernetes(port)).toBe('answered');
  });
});

describe('certificates that are refused before a token is sent', () => {
  test.each(badCertificates)('%s', async (_, make, code) => {
    const { port, requests } = await serve(await make(authorities));
    expect(await askFirewall(port)).toBe('firewall/certificate-untrusted');
    expect(await askKubernetes(port)).toBe(code);
    expect(requests).toEqual([]);
  });

  test('signed by an authority that only calls itself ours', async () => {
    const fake = await certify({ name: 'our authority', authority: true });
    const leaf = await certify({ name: 'f', signedBy: fake, for: here });
    const { port, requests } = await serve(leaf, { cert: `${leaf.certificate}\n${fake.certificate}` });
    expect(await askFirewall(port)).toBe('firewall/certificate-untrusted');
    expect(await askKubernetes(port)).toMatch(/SELF_SIGNED|UNABLE|CERT_SIGNATURE_FAILURE/);
    expect(requests).toEqual([]);
  });

  test('signed by a certificate that is no authority', async () => {
    const leaf = await certify({ name: 'no authority', signedBy: authority, for: here });
    const below = await certify({ name: 'f', signedBy: leaf, for: here });
    const { port, requests } = await serve(below, { cert: `${below.certificate}\n${leaf.certificate}` });
    expect(await askFirewall(port)).toBe('firewall/certificate-untrusted');
    expect(await askKubernetes(port)).toMatch(/INVALID_CA|UNSPECIFIED/);
    expect(requests).toEqual([]);
  });

  test('TLS 1.1, which no client of ours speaks', async () => {
    const identity = await certify({ name: 'firewall', signedBy: authority, for: here });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const { port, requests } = await serve(identity, old);
    expect(await askFirewall(port)).toBe('firewall/unexpected-answer');
    expect(await askKubernetes(port)).toMatch(/ERR_SSL|EPROTO/);
    expect(requests).toEqual([]);
  });

  test('a renewed, wrong certificate is noticed by a client that was connected before', async () => {
    const { port } = await serve(await certify({ name: 'firewall', signedBy: authority, for: here }));
    expect(await askFirewall(port)).toBe('answered');
    const [server] = servers;
    const other = await certify({ name: 'f', signedBy: stranger, for: here });
    server?.setSecureContext({ cert: other.certificate, key: other.privateKey });
    server?.closeAllConnections();
    expect(await askFirewall(port)).toBe('firewall/certificate-untrusted');
  });
});
