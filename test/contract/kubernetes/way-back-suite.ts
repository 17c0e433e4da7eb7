import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { kubernetesObjects } from '../../../cluster-agent/kubernetes-api.ts';
import { follow } from '../../../cluster-agent/lib/way-back/follow.ts';
import { type DesiredEntry, entriesFor } from '../../../lib/core/way-back/contents.ts';
import { entranceOf } from '../../support/entrance.ts';
import { addRights, agentAccount } from '../../support/agent-rights.ts';
import { createNamespace } from '../../support/cluster.ts';
import { LocalSigner, PublishedState } from '../../support/memory-cluster.ts';
import type { ApiUnderTest, StartApi } from './api-under-test.ts';
import { mergePatch } from './simulated.ts';

const cluster = '111122223333|eu-central-1|shop';
const namespace = 'zonebridge-status';

/** What the agent applies with the rights of its overlays, the same on every API. Call within `describe`. */
export function wayBackSuite(start: StartApi): void {
  let api: ApiUnderTest;
  let core: CoreV1Api;
  let agent: KubeConfig;
  let generation = 0;
  let before: DesiredEntry[] = [];
  const signer = new LocalSigner();
  const source = new PublishedState();

  beforeAll(async () => {
    api = await start();
    const admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
    core = admin.makeApiClient(CoreV1Api);
    agent = await agentAccount(admin, api.url);
    await addRights(admin, [
      'way-back/claim',
      'way-back/rbac',
      'group-status/namespace',
      'group-status/rbac',
    ]);
  });
  beforeEach(async () => {
    await apply({});
  });
  afterAll(async () => api?.stop());

  /** Publishes the next generation and has it applied. */
  async function apply(values: Record<string, string>, more: { generation?: number } = {}) {
    generation = more.generation ?? generation + 1;
    const wanted = Object.entries(values).map(([name, value]) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { value },
    }));
    before = entriesFor(wanted, before, generation);
    const entries = { 'group-status': before };
    return applyText(await source.publish(signer, { cluster, generation, entries }));
  }

  async function applyText(text: string) {
    return follow(
      {
        source,
        objects: kubernetesObjects(entranceOf(agent)),
        verify: signer.verify,
        cluster,
        namespace: 'zonebridge',
        now: () => 0,
        enabled: ['group-status'],
      },
      text,
    );
  }

  async function stored(): Promise<Record<string, string | undefined>> {
    const { items } = await core.listNamespacedConfigMap({ namespace });
    // A real API puts one of its own into every namespace.
    const ours = items.filter(({ metadata }) => metadata?.name !== 'kube-root-ca.crt');
    return Object.fromEntries(ours.map(({ metadata, data }) => [metadata?.name, data?.['value']]));
  }

  const versionOf = async (name: string) =>
    (await core.readNamespacedConfigMap({ namespace, name })).metadata?.resourceVersion;

  test('objects are made, changed and pruned, under a field manager of their own', async () => {
    expect((await apply({ a: '1', b: '1' })).report.parts[0]?.outcomes).toEqual({ created: 2 });
    expect(await stored()).toEqual({ a: '1', b: '1' });
    const { metadata } = await core.readNamespacedConfigMap({ namespace, name: 'a' });
    const applied = metadata?.managedFields?.filter(({ operation }) => operation === 'Apply');
    expect(applied?.map(({ manager }) => manager)).toEqual(['zonebridge-agent']);
    // What is owned by the making of it would never go: nothing but our marks.
    const made = metadata?.managedFields?.filter(({ operation }) => operation === 'Update') ?? [];
    for (const { fieldsV1 } of made) expect(Object.keys(fieldsV1 ?? {})).toEqual(['f:metadata']);
    expect(metadata?.labels).toMatchObject({ 'zonebridge.dev/producer': 'group-status' });
    expect((await apply({ a: '2' })).report.parts[0]?.outcomes).toEqual({ changed: 1, pruned: 1 });
    expect(await stored()).toEqual({ a: '2' });
  });

  test('what is as it should be is not written again', async () => {
    await apply({ a: '1' });
    const version = await versionOf('a');
    expect((await apply({ a: '1' })).report.parts[0]?.outcomes).toEqual({ unchanged: 1 });
    expect(await versionOf('a')).toBe(version);
  });

  test('what somebody changed on our object is put back; what others added to it stays', async () => {
    await apply({ a: '1' });
    await core.patchNamespacedConfigMap(
      { namespace, name: 'a', body: { data: { value: 'by hand', note: 'mine' } } },
      mergePatch,
    );
    await apply({ a: '1' });
    expect((await core.readNamespacedConfigMap({ namespace, name: 'a' })).data).toEqual({
      value: '1',
      note: 'mine',
    });
  });

  test('an object of somebody else is neither changed nor pruned', async () => {
    await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'theirs' }, data: { value: 'x' } },
    });
    const { report } = await apply({ theirs: '1' });
    expect(report.parts[0]?.objects[0]).toMatchObject({ outcome: 'foreign' });
    await apply({});
    expect(await stored()).toEqual({ theirs: 'x' });
    await core.deleteNamespacedConfigMap({ namespace, name: 'theirs' });
  });

  test('an older generation, another signature and another cluster change nothing', async () => {
    const old = await source.publish(signer, { cluster, generation: 1, entries: { 'group-status': [] } });
    await apply({ a: '1' });
    expect((await applyText(old)).report.refused?.code).toBe('desired/older-generation');
    const next = { generation: generation + 1, entries: { 'group-status': [] } };
    const forged = await source.publish(new LocalSigner(), { cluster, ...next });
    expect((await applyText(forged)).report.refused?.code).toBe('desired/wrong-signature');
    const foreign = await source.publish(signer, { cluster: `${cluster}2`, ...next });
    expect((await applyText(foreign)).report.refused?.code).toBe('desired/wrong-cluster');
    expect(await stored()).toEqual({ a: '1' });
  });

  test('two that apply at the same time end with the younger one', async () => {
    await apply({ a: '1', gone: '1' });
    const publish = async (number: number, value: string) => {
      const object = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a', namespace },
        data: { value },
      };
      const entries = { 'group-status': [{ since: number, object }] };
      return source.publish(signer, { cluster, generation: number, entries });
    };
    for (let round = 0; round < 10; round++) {
      generation += 2;
      const [older, younger] = [
        await publish(generation - 1, 'older'),
        await publish(generation, `round ${round}`),
      ];
      // In half of the rounds there is nothing yet.
      if (round % 2 === 0) await core.deleteNamespacedConfigMap({ namespace, name: 'a' });
      const [, first] = await Promise.all([applyText(older), applyText(younger)]);
      // Where the older one came between look and deed, the younger one is not done and looks again.
      if (!first.settled) {
        expect(first.report.parts[0]?.outcomes).toMatchObject({ conflict: 1 });
        expect((await applyText(younger)).settled).toBe(true);
      }
      await applyText(older);
      expect(await stored()).toEqual({ a: `round ${round}` });
    }
  });

  test('the rights of the overlays are exactly enough', async () => {
    const secret = await createNamespace(core, 'elsewhere').then(() =>
      core.createNamespacedConfigMap({ namespace: 'elsewhere', body: { metadata: { name: 'x' } } }),
    );
    const mine = agent.makeApiClient(CoreV1Api);
    const name = secret.metadata?.name ?? '';
    await expect(mine.readNamespacedConfigMap({ namespace: 'elsewhere', name })).rejects.toMatchObject({
      code: 403,
    });
    await expect(mine.listNamespacedConfigMap({ namespace: 'zonebridge' })).rejects.toMatchObject({
      code: 403,
    });
    await expect(
      mine.createNamespacedConfigMap({ namespace: 'zonebridge', body: { metadata: { name: 'x' } } }),
    ).rejects.toMatchObject({ code: 403 });
    await expect(mine.listNamespacedService({ namespace })).rejects.toMatchObject({ code: 403 });
  });
}
