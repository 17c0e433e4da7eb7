import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { look } from '../../lib/app/onboarding/look.ts';
import { offboard } from '../../lib/app/onboarding/offboard.ts';
import { onboard } from '../../lib/app/onboarding/onboard.ts';
import { wantedFor } from '../../lib/app/onboarding/wanted.ts';
import { sandboxEntry, sandboxRegion } from '../../lib/sandbox/configuration.ts';
import { MemoryInstaller } from '../support/memory-installer.ts';
import { OperatorWorld } from '../support/operator-world.ts';
import { group, World } from '../support/world.ts';

const image = 'registry.example/zonebridge-agent:1';
const labels = { 'app.kubernetes.io/managed-by': 'zonebridge' };
const bus = 'arn:aws:events:eu-central-1:999988887777:event-bus/zonebridge-other';

let installer: MemoryInstaller;
let stop = async (): Promise<void> => undefined;

beforeEach(() => {
  installer = new MemoryInstaller();
});

afterEach(async () => stop());

/** What another hub installed in the namespace of the agent. */
function otherAgent(namespace: string): void {
  const metadata = { name: 'zonebridge-agent', namespace, labels };
  for (const [apiVersion, kind] of [
    ['v1', 'ConfigMap'],
    ['apps/v1', 'Deployment'],
  ] as const)
    installer.objects.set(`${kind} ${namespace}/zonebridge-agent`, {
      apiVersion,
      kind,
      metadata: { ...metadata, uid: kind },
      ...(kind === 'ConfigMap' ? { data: { ZONEBRIDGE_BUS: bus } } : {}),
    });
}

/** What was changed beside the access entry. */
const changes = () => installer.calls.filter((call) => !/^(admit|dismiss) /.test(call));

async function operator(fields: Record<string, unknown> = {}) {
  const world = await OperatorWorld.start({});
  stop = async () => world.stop();
  const shop = { ...sandboxEntry, region: sandboxRegion, cell: 'a', ...fields };
  await world.write({}, {}, { clusters: { shop } });
  world.principal = installer.principal;
  return (...argv: string[]) => world.run(argv, { installer: () => installer });
}

const provider = { oidcProvider: 'oidc.eks.eu-central-1.amazonaws.com/id/ABC' };
const ways: [string, () => void, Record<string, unknown>][] = [
  ['whoever is let in', () => undefined, {}],
  ['temporary access', () => Object.assign(installer, { letIn: false, slowEntries: 3 }), {}],
  ['temporary access, with IRSA', () => Object.assign(installer, { letIn: false }), provider],
  ['a kubeconfig', () => Object.assign(installer, { ownAccess: true }), {}],
  ['rights to read alone', () => void installer.refuses.set('Namespace zonebridge', 403), {}],
];

test.each(ways)(
  '%s: an agent of another hub is neither taken over nor removed',
  async (_, prepare, fields) => {
    otherAgent('zonebridge');
    prepare();
    const run = await operator(fields);
    const before = structuredClone([...installer.objects]);
    const onboarded = await run('onboard', 'shop', '--yes', '--image', image);
    expect([onboarded.code, onboarded.stderr]).toEqual([1, expect.stringContaining(bus)]);
    const offboarded = await run('offboard', 'shop', '--yes', '--ticket', 'T-1');
    expect([offboarded.code, offboarded.stderr]).toEqual([1, expect.stringContaining(bus)]);
    expect(changes()).toEqual([]);
    expect([...installer.objects]).toEqual(before);
    expect([...installer.entries]).toEqual([]);
  },
);

describe('an agent in another namespace of the cluster', () => {
  /** Rights of the cluster, bound to an agent there. */
  function bindTo(namespace: string): void {
    installer.objects.set('ClusterRoleBinding zonebridge-agent', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'zonebridge-agent', labels, uid: 'b' },
      subjects: [{ kind: 'ServiceAccount', name: 'zonebridge-agent', namespace }],
    });
  }

  test.each(['onboard', 'offboard'])('is not robbed of its rights: %s', async (command) => {
    otherAgent('elsewhere');
    bindTo('elsewhere');
    const run = await operator();
    const before = structuredClone([...installer.objects]);
    const more = command === 'onboard' ? ['--image', image] : ['--ticket', 'T-1'];
    const { code, stderr } = await run(command, 'shop', '--yes', ...more);
    expect([code, stderr]).toEqual([1, expect.stringContaining('ConfigMap elsewhere/zonebridge-agent')]);
    expect(stderr).toContain(bus);
    expect(changes()).toEqual([]);
    expect([...installer.objects]).toEqual(before);
  });

  test('that is gone leaves its rights to the next one', async () => {
    bindTo('elsewhere');
    const run = await operator();
    const { stdout, stderr } = await run('onboard', 'shop', '--dry-run', '--image', image);
    expect(stdout + stderr).not.toContain('one agent');
    expect(stdout).toMatch(/ClusterRoleBinding zonebridge-agent/);
  });
});

test('with temporary access, fields of somebody else are told before anything is written', async () => {
  installer.letIn = false;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'zonebridge', uid: 'n' } };
  installer.objects.set('Namespace zonebridge', namespace);
  installer.refuses.set('Deployment zonebridge/zonebridge-agent', 409);
  const run = await operator();
  const { code, stderr } = await run('onboard', 'shop', '--yes', '--image', image);
  expect([code, stderr]).toEqual([1, expect.stringContaining('--force-conflicts')]);
  expect(changes()).toEqual([]);
  expect([...installer.entries]).toEqual([]);
});

test('an agent of another hub that comes between the look and the work stays, too', async () => {
  const world = new World([group('web')]);
  installer = new MemoryInstaller({ name: 'one' });
  installer.principal = 'arn:aws:sts::111122223333:assumed-role/operator/ada';
  const wanted = wantedFor(world.configuration, 'one', { image });
  const onboarding = { ports: world.ports, installer, wanted, progress: () => undefined };
  const joining = await look(installer, wanted, { purpose: 'join', now: world.clock.now() });
  const leaving = await look(installer, wanted, { purpose: 'leave', now: world.clock.now() });
  otherAgent(wanted.cluster.namespace);
  const refused = { code: 'cluster/not-ready', message: expect.stringContaining(bus) as string };
  await expect(onboard(onboarding, joining, { force: true })).rejects.toMatchObject(refused);
  await expect(offboard(onboarding, leaving)).rejects.toMatchObject(refused);
  expect(installer.calls).toEqual([]);
});
