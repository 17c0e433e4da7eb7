import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateClusterCommand, EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type ClusterEntry,
  type Groups,
  sandboxRanges,
  sandboxRegion,
} from '../../lib/sandbox/configuration.ts';
import { Sandbox } from '../../lib/sandbox/sandbox.ts';

/** Two clusters in two realms and two accounts use the same addresses: one hub, three firewalls, each with what it sees. */
const entries: Record<'west' | 'east', ClusterEntry> = {
  west: { account: '111111111111', realm: 'west', ranges: sandboxRanges },
  east: { account: '222222222222', realm: 'east', ranges: sandboxRanges },
};
type Key = keyof typeof entries;

/** In both clusters. */
const shared = '10.1.0.1';
const only: Record<Key, string> = { west: '10.1.0.7', east: '10.1.0.8' };
const patience = { timeout: 60_000, interval: 20 };

const groups: Groups = {
  web: {
    addresses: 'pod',
    select: "app == 'web'",
    namespaces: "kubernetes.io/metadata.name == 'team'",
    usedIn: 'allow',
    maxMembers: 100,
    brakes: { shrink: { minimum: 100, share: 1 }, growth: { minimum: 100, share: 1 } },
    publish: targets(['fw-west', 'fw-east', 'fw-both']),
  },
};

function targets(firewalls: readonly string[]) {
  return firewalls.map((firewall) => ({ firewall, channel: 'push', create: 'own', mode: 'sync' }));
}

let sandbox: Sandbox;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zonebridge-clusters-'));
  const firewall = { version: '7.4.4', configured: '7.4.4' };
  const kubernetes = { api: 'simulator', controllers: false, nodes: false } as const;
  sandbox = new Sandbox({
    directory,
    firewalls: {
      'fw-west': { ...firewall, realms: ['west'] },
      'fw-east': { ...firewall, realms: ['east'] },
      'fw-both': { ...firewall, realms: ['west', 'east'] },
    },
    clusters: {
      west: { kubernetes, entry: entries.west },
      east: { kubernetes, entry: entries.east },
    },
    groups,
    progress: (line) => console.log(line),
  });
  await sandbox.start();
  for (const key of ['west', 'east'] as const) {
    const { hands } = sandbox.cluster(key);
    await hands.addNamespace('team');
    await hands.addNode('node', '10.0.0.1', false);
    for (const [name, address] of Object.entries({ shared, own: only[key] })) {
      await hands.createPod('team', { name, node: 'node', labels: { app: 'web' } });
      await hands.runPod('team', name, address);
    }
  }
  for (const key of ['west', 'east']) await sandbox.startAgent(key);
  for (const key of ['west', 'east']) await sandbox.cluster(key).agentReady();
});

afterAll(async () => {
  await sandbox?.stop();
  await rm(directory, { recursive: true, force: true });
});

function members(firewall: string): string[] {
  return sandbox.view(firewall).members('web', 'push') ?? [];
}

async function untilOn(wanted: Record<string, readonly string[]>): Promise<void> {
  await vi.waitFor(() => {
    const seen = Object.fromEntries(Object.keys(wanted).map((firewall) => [firewall, members(firewall)]));
    expect(seen).toEqual(wanted);
  }, patience);
}

/** Runs the command line as an operator of the hub does. */
async function zonebridge(...args: string[]): Promise<Record<string, unknown>> {
  const command = ['bin/zonebridge.ts', ...args, '--json', '--config', sandbox.configurationPath];
  const options = { env: { ...process.env, ...sandbox.environment }, encoding: 'utf8' } as const;
  const { stdout } = await promisify(execFile)(process.execPath, command, options).catch(
    // `status` ends with 3 where something waits.
    (error: { stdout: string; code: number; stderr: string }) => {
      if (error.code !== 3) throw new Error(`${args.join(' ')}: ${error.stdout}${error.stderr}`);
      return error;
    },
  );
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function clusterStatus(): Promise<Record<string, unknown>[]> {
  const clusters = (await zonebridge('status'))['clusters'] as Record<string, unknown>[];
  return clusters.toSorted((a, b) => String(a['cluster']).localeCompare(String(b['cluster'])));
}

/** EKS of one account: the emulator takes an access key of 12 digits for the account. */
function eksOf(key: Key): EKSClient {
  const credentials = { accessKeyId: entries[key].account, secretAccessKey: 'test' };
  const endpoint = sandbox.environment['AWS_ENDPOINT_URL'] ?? '';
  return new EKSClient({ endpoint, region: sandboxRegion, credentials });
}

describe('two clusters in two realms and two accounts', () => {
  test('each firewall has the addresses of the realms that it sees, one that both have once', async () => {
    await untilOn({
      'fw-west': [shared, only.west],
      'fw-east': [shared, only.east],
      'fw-both': [shared, only.west, only.east],
    });
  });

  test('the status shows both', async () => {
    await vi.waitFor(async () => {
      const clusters = await clusterStatus();
      expect(clusters).toMatchObject([
        { cluster: 'east', endpoints: 3, verifiedShards: 256 },
        { cluster: 'west', endpoints: 3, verifiedShards: 256 },
      ]);
    }, patience);
    expect(sandbox.cluster('west').agent?.pid).not.toBe(sandbox.cluster('east').agent?.pid);
  });

  test('a label that changes in one moves nothing of the other', async () => {
    await sandbox.cluster('west').hands.label('team', 'shared', { app: 'debug' });
    await untilOn({ 'fw-west': [only.west] });
    // The reply to what came later shows that nothing else is on the way.
    await sandbox
      .cluster('east')
      .hands.createPod('team', { name: 'late', node: 'node', labels: { app: 'web' } });
    await sandbox.cluster('east').hands.runPod('team', 'late', '10.1.0.9');
    await untilOn({
      'fw-west': [only.west],
      'fw-east': [shared, only.east, '10.1.0.9'],
      'fw-both': [shared, only.west, only.east, '10.1.0.9'],
    });
    await sandbox.cluster('east').hands.label('team', 'shared', { app: 'debug' });
    await untilOn({
      'fw-west': [only.west],
      'fw-east': [only.east, '10.1.0.9'],
      'fw-both': [only.west, only.east, '10.1.0.9'],
    });
  });

  test('EKS of each account knows its own cluster, and an operator takes a role there', async () => {
    for (const key of ['west', 'east'] as const)
      await eksOf(key).send(
        new CreateClusterCommand({
          name: key,
          roleArn: `arn:aws:iam::${entries[key].account}:role/eks`,
          resourcesVpcConfig: {},
          accessConfig: { authenticationMode: 'API' },
        }),
      );
    for (const key of ['west', 'east'] as const)
      expect((await eksOf(key).send(new ListClustersCommand({}))).clusters).toEqual([key]);
    const own = ['offboard', 'east', '--dry-run', '--kubeconfig', sandbox.cluster('east').kubeconfig];
    await expect(zonebridge(...own)).rejects.toThrow(/signed in to account 000000000000/);
    const role = `arn:aws:iam::${entries.east.account}:role/operator`;
    expect(await zonebridge(...own, '--assume', role)).toMatchObject({ ok: true, cluster: 'east' });
  });

  test('one that leaves lets its addresses go when the groups say so, and leaves the other alone', async () => {
    const before = (await clusterStatus()).find(({ cluster }) => cluster === 'west');
    const kubeconfig = ['--kubeconfig', sandbox.cluster('east').kubeconfig];
    const assume = ['--assume', `arn:aws:iam::${entries.east.account}:role/operator`];
    const off = await zonebridge('offboard', 'east', ...kubeconfig, ...assume, '--yes', '--ticket', 'T1');
    expect(off).toMatchObject({ ok: true, cluster: 'east', identity: 'absent' });
    // The agent's objects are gone, and the addresses stay until the groups say otherwise.
    await sandbox.cluster('east').agent?.stop();
    expect(members('fw-both')).toEqual([only.west, only.east, '10.1.0.9']);
    const publish = targets(['fw-west', 'fw-both']);
    const groupsOfWest = { web: { ...groups['web'], clusters: ['west'], publish } };
    await sandbox.apply(groupsOfWest);
    await untilOn({ 'fw-west': [only.west], 'fw-both': [only.west] });
    // Nothing was said of what stands on its own firewall: that is `retire`.
    expect(members('fw-east')).toEqual([only.east, '10.1.0.9']);
    await sandbox.removeCluster('east');
    // No realm `east` is left to see.
    sandbox.firewalls['fw-both'] = { ...sandbox.firewalls['fw-both']!, fields: { realms: ['west'] } };
    await sandbox.firewalls['fw-east']?.simulator.stop();
    delete sandbox.firewalls['fw-east'];
    await sandbox.apply(groupsOfWest);
    await sandbox.cluster('west').hands.label('team', 'shared', { app: 'web' });
    await untilOn({ 'fw-west': [shared, only.west], 'fw-both': [shared, only.west] });
    const [west, ...others] = await clusterStatus();
    expect(others).toEqual([]);
    expect(west).toMatchObject({ cluster: 'west', epoch: before?.['epoch'], endpoints: 3 });
  });
});
