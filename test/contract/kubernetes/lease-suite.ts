import { CoordinationV1Api, KubeConfig, type V1Lease } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { AgentEntrance } from '../../../cluster-agent/entrance.ts';
import { kubernetesLease } from '../../../cluster-agent/kubernetes-lease.ts';
import type { Lease, LeaseRecord } from '../../../cluster-agent/lib/lease.ts';
import { agentAccount } from '../../support/agent-rights.ts';
import { entranceOf } from '../../support/entrance.ts';
import type { ApiUnderTest, StartApi } from './api-under-test.ts';

const patience = { timeout: 20_000, interval: 20 };
const place = { namespace: 'zonebridge', name: 'zonebridge-agent' };

function record(holder: string, more: Partial<LeaseRecord> = {}): LeaseRecord {
  const time = Date.UTC(2026, 0, 1, 12, 0, 0, 345);
  return { holder, durationSeconds: 10, acquiredAt: time, renewedAt: time, transitions: 0, ...more };
}

/** The agent's Lease with the rights of the manifests, the same on every API. Call within `describe`. */
export function leaseSuite(start: StartApi): void {
  let api: ApiUnderTest;
  let admin: CoordinationV1Api;
  let entrance: AgentEntrance;
  let lease: Lease;

  beforeAll(async () => {
    api = await start();
    const config = new KubeConfig();
    config.loadFromFile(api.kubeconfig);
    admin = config.makeApiClient(CoordinationV1Api);
    const account = await agentAccount(config, api.url);
    entrance = { ...entranceOf(account), namespace: place.namespace };
    lease = kubernetesLease(entrance, place.name);
    // Rights take effect a moment after they were given.
    await vi.waitUntil(async () => (await lease.read().catch(() => 'not yet')) === undefined, patience);
  });

  beforeEach(async () => {
    await admin.deleteNamespacedLease(place).catch(() => undefined);
  });

  afterAll(async () => api?.stop());

  test('is made, read as it was written, and renewed', async () => {
    expect(await lease.read()).toBeUndefined();
    const made = await lease.write(record('a'), undefined);
    expect(made).toMatchObject({ record: record('a') });
    expect((await lease.read())?.record).toEqual(record('a'));
    if (made === 'conflict') throw new Error('nobody else was there');
    const later = record('a', { renewedAt: Date.UTC(2026, 0, 1, 12, 0, 3) });
    expect(await lease.write(later, made)).toMatchObject({ record: later });
    expect(await admin.readNamespacedLease(place)).toMatchObject({
      metadata: { labels: { 'app.kubernetes.io/managed-by': 'zonebridge' } },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 10, leaseTransitions: 0 },
    });
  });

  test('is made by one of two, and taken by one of two', async () => {
    const results = await Promise.all(['a', 'b'].map(async (who) => lease.write(record(who), undefined)));
    expect(results.filter((result) => result === 'conflict')).toHaveLength(1);
    const seen = await lease.read();
    const taken = await Promise.all(['c', 'd'].map(async (who) => lease.write(record(who), seen)));
    expect(taken.filter((result) => result === 'conflict')).toHaveLength(1);
  });

  test('of another term is not written over, also when it was deleted and made again', async () => {
    const mine = await lease.write(record('a'), undefined);
    if (mine === 'conflict') throw new Error('nobody else was there');
    await admin.deleteNamespacedLease(place);
    expect(await lease.write(record('b'), undefined)).not.toBe('conflict');
    expect(await lease.write(record('a'), mine)).toBe('conflict');
    expect((await lease.read())?.record.holder).toBe('b');
  });

  test('given up has no holder; labels of others stay, and what they wrote is read as far as it makes sense', async () => {
    await lease.write(record('a'), undefined);
    const stored: V1Lease = await admin.readNamespacedLease(place);
    stored.metadata!.labels = { ...stored.metadata!.labels, team: 'platform' };
    stored.spec = { leaseDurationSeconds: 2_000_000_000, leaseTransitions: 2_147_483_647 };
    await admin.replaceNamespacedLease({ ...place, body: stored });
    const seen = await lease.read();
    expect(seen?.record).toEqual({
      holder: '',
      durationSeconds: 2_000_000_000,
      acquiredAt: 0,
      renewedAt: 0,
      transitions: 0,
    });
    expect(await lease.write(record('b'), seen)).toMatchObject({ record: record('b') });
    expect(await lease.write(record(''), await lease.read())).toMatchObject({ record: { holder: '' } });
    expect((await admin.readNamespacedLease(place)).metadata?.labels).toMatchObject({ team: 'platform' });
  });

  test('of another name is refused', async () => {
    const other = kubernetesLease(entrance, 'kube-scheduler');
    await expect(other.read()).rejects.toMatchObject({ status: 403 });
    await expect(other.write(record('a'), undefined)).rejects.toMatchObject({ status: 403 });
  });
}
