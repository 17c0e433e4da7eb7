import { type CoreV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { expect, test, vi } from 'vitest';
import { entranceOf } from '../../support/entrance.ts';
import type { RecordingBus } from '../../support/agent-world.ts';
import { createNamespace, createNode, createPod, setPod } from '../../support/cluster.ts';
import { patience, removed, runAgent } from './running-agent.ts';
import { simulated } from './simulated.ts';

const tuning = { pageSize: 2, listSilence: 400, watchSilence: 400 };

/** What the hub believes of the pods. */
function believed(bus: RecordingBus): string[] {
  const pods = new Map<string, string>();
  for (const change of bus.changes()) {
    if ('remove' in change) pods.delete(change.remove.uid);
    else if (change.upsert.kind === 'pod') {
      const { addresses, labels, name, uid } = change.upsert;
      pods.set(uid, `${name} ${labels['round'] ?? '-'} ${addresses.join()}`);
    }
  }
  return [...pods.values()].sort();
}

async function truth(core: CoreV1Api): Promise<string[]> {
  const { items } = await core.listNamespacedPod({ namespace: 'shop' });
  return items
    .map(
      ({ metadata, status }) =>
        `${metadata?.name} ${metadata?.labels?.['round'] ?? '-'} ${status?.podIP ?? ''}`,
    )
    .sort();
}

/** Pods that come, get addresses and labels, and go; returns the uids of those that went. */
async function churn(core: CoreV1Api, round: number): Promise<string[]> {
  const gone: string[] = [];
  for (let index = 0; index < 6; index++) {
    const name = `p-${round}-${index}`;
    const uid = await createPod(core, 'shop', name, { node: 'node' });
    await setPod(core, 'shop', name, { phase: 'Running', ips: [`10.3.${round}.${index + 1}`] });
    const body = { metadata: { labels: { round: String(round) } } };
    await core.patchNamespacedPod(
      { namespace: 'shop', name, body },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    if (index % 2 > 0) continue;
    await core.deleteNamespacedPod({ namespace: 'shop', name, gracePeriodSeconds: 0 });
    gone.push(uid);
  }
  return gone;
}

/** Requests of the agent alone: those of all namespaces at once. */
const mine = 'api/v1/(pods|nodes|namespaces)\\?';
const lists = `${mine}limit`;
const pages = `${mine}.*continue=`;
const watches = `${mine}.*watch=1`;
/** What makes the agent list again, twice at least. */
const again = { kind: 'watch-gone', events: 2, path: mine, times: 4 };

function status(code: number, message: string): string {
  const object = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message };
  return `${JSON.stringify({ type: 'ERROR', object })}\n`;
}

/** A watch that sends this after one event, and ends. */
function sends(text: string): Record<string, unknown>[] {
  return [{ kind: 'watch-text', events: 1, text, path: mine, times: 8 }];
}

const pod = '{"metadata":{"name":"p-1-1","namespace":"shop","uid":"x"';

test.each([
  ['watches that end after two events', [{ kind: 'watch-end', events: 2, path: mine }]],
  ['watches that end at once', [{ kind: 'watch-end', path: mine, times: 20 }]],
  ['watches that are cut after three events', [{ kind: 'watch-end', how: 'abrupt', events: 3, path: mine }]],
  ['watches that are too old after two events', [{ kind: 'watch-gone', events: 2, path: mine, times: 9 }]],
  ['watches that go silent', [{ kind: 'watch-silence', events: 2, path: mine, times: 6 }]],
  ['watches that never answer', [{ kind: 'half-open', path: watches, times: 4 }]],
  ['error events', sends(status(500, 'etcd event received with PrevKv=nil'))],
  ['error events about the version', sends(status(504, 'Too large resource version'))],
  ['half an event at a clean end', sends(`{"type":"DELETED","object":${pod}`)],
  ['lines that are no JSON', sends(`{"type":"DELETED","object":${pod}\n`)],
  ['events of an unknown type', sends(`{"type":"SYNCED","object":${pod},"resourceVersion":"9999"}}\n`)],
  ['events without a version', sends(`{"type":"DELETED","object":${pod}}}\n`)],
  ['events without an object', sends('{"type":"MODIFIED"}\n')],
  ['events that come twice', [{ kind: 'watch-duplicate', path: mine }]],
  ['events that come again when they are over', [{ kind: 'watch-stale', path: mine }]],
  ['late events', [{ kind: 'watch-delay', milliseconds: 150, path: mine }]],
  ['a version that is refused with 410', [{ kind: 'reject', status: 410, path: watches, times: 6 }]],
  ['an API that is busy', [{ kind: 'reject', status: 429, retryAfterSeconds: 1, path: mine, times: 6 }]],
  ['an API that fails', [{ kind: 'reject', status: 503, path: mine, times: 6 }]],
  ['an API that refuses the token for a while', [{ kind: 'reject', status: 401, path: mine, times: 6 }]],
  ['listings that are cut in half', [{ kind: 'truncate', path: lists, times: 5 }, again]],
  ['listings that stop in the middle', [{ kind: 'stall', path: lists, times: 4 }, again]],
  ['listings that never answer', [{ kind: 'half-open', path: lists, times: 4 }, again]],
  ['slow listings', [{ kind: 'delay', milliseconds: 150, path: lists, times: 20 }, again]],
  ['pages that fail', [{ kind: 'reject', status: 500, path: pages, times: 3 }, again]],
  ['pages that fail for long', [{ kind: 'drop', path: pages, times: 12 }, again]],
  ['listings that expire between two pages', [{ kind: 'reject', status: 410, path: pages, times: 3 }, again]],
])('the hub knows what is true, and nothing else was removed, after %s', async (_, faults) => {
  const world = await simulated({ controllers: false });
  const { core, simulator } = world;
  await createNamespace(core, 'shop');
  await createNode(core, 'node', ['10.0.0.1']);
  simulator.faults.add(faults);
  const { agent, bus, ended } = runAgent(entranceOf(world.config), { epoch: () => 1, tuning });
  try {
    const gone = await churn(core, 1);
    await vi.waitUntil(() => agent.status.ready, patience);
    gone.push(...(await churn(core, 2)));
    const { metadata } = await core.readNamespacedPod({ namespace: 'shop', name: 'p-1-1' });
    gone.push(metadata?.uid ?? '');
    await core.deleteNamespacedPod({ namespace: 'shop', name: 'p-1-1', gracePeriodSeconds: 0 });
    const expected = await truth(core);
    expect(expected).toHaveLength(5);
    await vi
      .waitUntil(() => JSON.stringify(believed(bus)) === JSON.stringify(expected), patience)
      .catch(() => undefined);
    expect(believed(bus)).toEqual(expected);
    expect(removed(bus).filter((uid) => !gone.includes(uid))).toEqual([]);
    for (const fault of simulator.faults.list())
      expect('hits' in fault && Number(fault.hits)).toBeGreaterThan(0);
  } finally {
    agent.stop();
    await ended;
  }
});
