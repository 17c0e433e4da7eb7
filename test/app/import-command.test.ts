import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { runCli, temporaryFolder } from '../../lib/cli/test-io.ts';
import { writeKubeconfig } from '../../lib/kubernetes/simulator/kubeconfig.ts';
import { makeServerCertificate } from '../../lib/simulators/certificates.ts';

const example = path.join(import.meta.dirname, '../../examples/from-calico');

/** A folder like the example before the import. */
async function folder(): Promise<string> {
  const cwd = await temporaryFolder();
  await cp(path.join(example, 'dump'), path.join(cwd, 'dump'), { recursive: true });
  for (const name of ['edge-1-ca.pem', 'edge-1-dmz-ca.pem'])
    await cp(path.join(example, name), path.join(cwd, name));
  return cwd;
}

const importing = ['import', 'tigera', '--from', 'dump', '--cluster', 'shop'];

describe('the import of files', () => {
  test('makes the example, which is valid', async () => {
    const cwd = await folder();
    const { code, stdout } = await runCli([...importing, '--json'], { cwd });
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      file: 'zonebridge.yaml',
      policies: { read: 4, selected: 3 },
      groups: [{ group: 'default.storefront', object: 'default.storefront' }, { group: 'default.payments' }],
      firewalls: [
        { id: 'edge-1', secret: { name: 'fortigate-edge-1' } },
        { id: 'edge-1-dmz', scope: 'dmz' },
      ],
      notCarried: [{}, {}, {}, {}, {}, {}, {}],
    });
    const written = await readFile(path.join(cwd, 'zonebridge.yaml'), 'utf8');
    expect(written).toBe(await readFile(path.join(example, 'zonebridge.yaml'), 'utf8'));
    expect((await runCli(['validate'], { cwd })).code).toBe(0);
  });

  test('tells a person what to do, and never overwrites', async () => {
    const cwd = await folder();
    const { stdout } = await runCli(importing, { cwd });
    for (const text of [
      'default.storefront',
      'not carried over: ',
      'fill in: hub',
      'zonebridge secret set edge-1',
    ])
      expect(stdout).toContain(text);
    const again = await runCli(importing, { cwd });
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is left as it is')]);
  });

  test('says once what is the same in many places, and all of them in the file', async () => {
    const cwd = await folder();
    const tier = (name: string) => ({
      apiVersion: 'projectcalico.org/v3',
      kind: 'Tier',
      metadata: { name },
      spec: { order: 1 },
    });
    const tiers = Array.from({ length: 50 }, (_, number) => stringify(tier(`tier-${number}-\u001b`)));
    await writeFile(path.join(cwd, 'dump', 'tiers.yaml'), tiers.join('---\n'));
    const { stdout } = await runCli(importing, { cwd });
    const lines = stdout.split('\n').filter((line) => line.includes('a tier'));
    expect(lines).toEqual([expect.stringContaining(', and 47 more in zonebridge.yaml: it orders policies')]);
    expect(stdout).not.toContain('\u001b');
    const written = await readFile(path.join(cwd, 'zonebridge.yaml'), 'utf8');
    expect(written.match(/: a tier: spec.order: /g)).toHaveLength(50);
  });

  test('with --part lies beside the rest of a configuration', async () => {
    const cwd = await folder();
    const [starter] = parseAllDocuments(await readFile(path.join(example, 'zonebridge.yaml'), 'utf8'));
    const { hub, networks, clusters } = (starter as { toJS(): Record<string, unknown> }).toJS();
    await writeFile(path.join(cwd, 'platform.yaml'), stringify({ hub, networks, clusters }));
    const { code } = await runCli([...importing, '--part', '--config', 'imported.yaml'], { cwd });
    expect(code).toBe(3);
    const { code: valid, stdout } = await runCli(['validate', '--config', '.', '--json'], { cwd });
    expect([valid, JSON.parse(stdout)]).toMatchObject([
      0,
      { groups: ['default.storefront', 'default.payments'] },
    ]);
  });

  test('shows no secret, whatever is in the files', async () => {
    const cwd = await folder();
    const canary = 'canary-4711';
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'fortigate-edge-1',
        namespace: 'tigera-firewall-controller',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': canary },
      },
      stringData: { key: canary },
      data: { key: Buffer.from(canary).toString('base64') },
    };
    await writeFile(path.join(cwd, 'dump', 'secrets.yaml'), stringify(secret));
    const good = await runCli([...importing, '--json'], { cwd });
    expect(good.code).toBe(3);
    await writeFile(path.join(cwd, 'dump', 'secrets.yaml'), `${stringify(secret)}\n  broken: [${canary}`);
    const bad = await runCli([...importing, '--config', 'other.yaml'], { cwd });
    expect(bad.code).toBe(2);
    const all = JSON.stringify([good, bad, await readFile(path.join(cwd, 'zonebridge.yaml'), 'utf8')]);
    expect(all).not.toContain(canary);
    expect(all).not.toContain(Buffer.from(canary).toString('base64').slice(0, 12));
  });

  test.each([
    ['neither files nor a cluster', ['import', 'tigera'], /either --from <path> or --kubeconfig/],
    ['both', [...importing, '--kubeconfig', 'x'], /either --from <path> or --kubeconfig/],
    [
      'a file that is not there',
      ['import', 'tigera', '--from', 'nothing.yaml'],
      /nothing.yaml cannot be read \(ENOENT\)/,
    ],
    ['a folder without objects', ['import', 'tigera', '--from', '.'], /holds no \*.yaml/],
    ['a wrong number', [...importing, '--max-members', '0'], /a whole number/],
    ['a name without a policy', [...importing, '--object', '=x'], /<policy>=<name on the firewall>/],
    [
      'a kubeconfig that is none',
      ['import', 'tigera', '--kubeconfig', 'nothing'],
      /kubeconfig .* cannot be used/,
    ],
  ])('refuses %s', async (_, argv, message) => {
    const { code, stderr } = await runCli(argv, { cwd: await folder() });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

/** A Kubernetes API that lists what the example dumped, one object a page. */
async function api(answer: (url: URL) => object[] | number) {
  const certificate = await makeServerCertificate('api');
  const requests: string[] = [];
  const server = createServer(
    { key: certificate.privateKey, cert: certificate.certificate },
    (request, response) => {
      const url = new URL(request.url ?? '/', 'https://api');
      requests.push(`${request.method} ${url.pathname}`);
      const answered = answer(url);
      const all = typeof answered === 'number' ? undefined : answered;
      const at = Number(url.searchParams.get('continue') ?? 0);
      const more = all !== undefined && at + 1 < all.length ? String(at + 1) : undefined;
      response.writeHead(typeof answered === 'number' ? answered : 200, {
        'content-type': 'application/json',
      });
      response.end(
        all
          ? JSON.stringify({ metadata: { continue: more }, items: all.slice(at, at + 1) })
          : answered === 404
            ? '404 page not found'
            : JSON.stringify({ kind: 'Status', message: 'forbidden', code: answered }),
      );
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    await certificate.discard();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, ca: certificate.ca, requests };
}

async function dumped(): Promise<{ kind: string; metadata: { namespace?: string } }[]> {
  const texts = await Promise.all(
    ['controller.yaml', 'policies.yaml'].map((name) => readFile(path.join(example, 'dump', name), 'utf8')),
  );
  const values = texts
    .flatMap((text) => parseAllDocuments(text))
    .map((one) => one.toJS() as Record<string, unknown>);
  return values.flatMap((one) => (one['kind'] === 'List' ? one['items'] : [one])) as Awaited<
    ReturnType<typeof dumped>
  >;
}

describe('the import of a cluster', () => {
  const kinds: Record<string, string> = {
    configmaps: 'ConfigMap',
    deployments: 'Deployment',
    globalnetworkpolicies: 'GlobalNetworkPolicy',
  };

  test('lists what it needs page by page, no Secret, and writes nothing there', async () => {
    const objects = await dumped();
    const { requests, ...access } = await api(({ pathname }) => {
      if (pathname.endsWith('/globalthreatfeeds')) return 403;
      if (pathname.endsWith('/egressgateways')) return 404;
      if (pathname.endsWith('/tiers'))
        return [{ metadata: { uid: 'u', name: 'security' }, spec: { order: 9 } }];
      const namespace = /\/namespaces\/([^/]+)\//.exec(pathname)?.[1];
      const kind = kinds[pathname.split('/').at(-1) ?? ''];
      return objects
        .filter((one) => one.kind === kind && one.metadata.namespace === namespace)
        .map((one) => ({ ...one, metadata: { uid: 'u', ...one.metadata } }));
    });
    const cwd = await folder();
    await writeKubeconfig(path.join(cwd, 'kubeconfig'), { ...access, token: 't' });
    const from = ['import', 'tigera', '--kubeconfig', 'kubeconfig', '--cluster', 'shop', '--json'];
    const { code, stdout } = await runCli(from, { cwd });
    expect(code).toBe(3);
    const { notCarried } = JSON.parse(stdout) as { notCarried: { place: string; what: string }[] };
    const told = notCarried.map(({ place, what }) => `${place}: ${what}`);
    expect(told).toContain('cluster Tier security: a tier: spec.order');
    expect(told).toContain('cluster: objects of the kind GlobalThreatFeed');
    expect(told.join()).not.toContain('EgressGateway');
    const groups = (text: string) => text.replaceAll(/^ *#.*\n/gm, '');
    expect(groups(await readFile(path.join(cwd, 'zonebridge.yaml'), 'utf8'))).toBe(
      groups(await readFile(path.join(example, 'zonebridge.yaml'), 'utf8')),
    );
    expect(new Set(requests)).toEqual(
      new Set([
        'GET /api/v1/namespaces/tigera-firewall-controller/configmaps',
        'GET /api/v1/namespaces/tigera-firewall-integration/configmaps',
        'GET /apis/apps/v1/namespaces/tigera-firewall-controller/deployments',
        'GET /apis/projectcalico.org/v3/globalnetworkpolicies',
        'GET /apis/apps/v1/namespaces/tigera-firewall-integration/deployments',
        'GET /apis/operator.tigera.io/v1/egressgateways',
        'GET /apis/projectcalico.org/v3/egressgatewaypolicies',
        'GET /apis/projectcalico.org/v3/globalnetworksets',
        'GET /apis/projectcalico.org/v3/globalthreatfeeds',
        'GET /apis/projectcalico.org/v3/stagedglobalnetworkpolicies',
        'GET /apis/projectcalico.org/v3/tiers',
      ]),
    );
  });

  test('imports nothing when a list is refused', async () => {
    const { requests: _, ...access } = await api(({ pathname }) => (pathname.includes('calico') ? 404 : []));
    const cwd = await folder();
    await writeKubeconfig(path.join(cwd, 'kubeconfig'), { ...access, token: 't' });
    const { code, stderr } = await runCli(['import', 'tigera', '--kubeconfig', 'kubeconfig'], { cwd });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/serves no GlobalNetworkPolicy of projectcalico.org/),
    ]);
    await expect(readFile(path.join(cwd, 'zonebridge.yaml'))).rejects.toThrow(/ENOENT/);
  });
});
