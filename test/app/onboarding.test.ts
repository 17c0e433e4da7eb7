import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { clusterKey } from '../../lib/app/state/clusters.ts';
import { writeProposals } from '../../lib/app/state/proposals.ts';
import { clusterId } from '../../lib/core/model/messages.ts';
import { sandboxAccount, sandboxCluster, sandboxRegion } from '../../lib/sandbox/configuration.ts';
import { MemoryInstaller } from '../support/memory-installer.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';

const role = 'arn:aws:iam::000000000000:role/zonebridge-sandbox-agent-shop';
const operatorRole = 'arn:aws:iam::000000000000:role/operator';
const image = 'registry.example/zonebridge-agent:1';
const shop = clusterId({ account: sandboxAccount, region: sandboxRegion, name: sandboxCluster });

let world: OperatorWorld;
let installer: MemoryInstaller;

beforeEach(async () => {
  world = await OperatorWorld.start({ web: pushed('web') });
  installer = new MemoryInstaller();
  world.principal = installer.principal;
  installer.onApplied = async ({ kind }) => {
    if (kind === 'Deployment') await agentGreets('process-2');
  };
});

afterEach(async () => world.stop());

/** What the hub notes of an agent that told everything. */
async function agentGreets(process: string, verified = 256): Promise<void> {
  const { tables, clock } = world.operator.ports;
  const shards = Array.from({ length: verified }, (_, shard) => String(shard));
  await tables.write({
    key: clusterKey(shop),
    update: {
      set: {
        epoch: 2,
        process,
        helloAt: clock.now(),
        heartbeatAt: clock.now(),
        endpoints: 7,
        agentVersion: '1',
      },
      addToSet: { verified: shards },
    },
  });
}

function run(...argv: string[]) {
  return world.run(argv, { installer: () => installer });
}

function json(...argv: string[]) {
  return world.json(argv, { installer: () => installer });
}

describe('onboard', () => {
  test('makes the association, applies everything and waits for the agent', async () => {
    const { code, result } = await json('onboard', 'shop', '--yes', '--image', image);
    expect(code).toBe(0);
    expect(installer.identity).toMatchObject({
      namespace: 'zonebridge',
      serviceAccount: 'zonebridge-agent',
      roleArn: role,
    });
    expect(installer.identity?.targetRoleArn).toBeUndefined();
    expect(installer.calls[0]).toBe('create association');
    expect(installer.calls.at(-1)).toBe('created Deployment zonebridge/zonebridge-agent');
    const settings = installer.objects.get('ConfigMap zonebridge/zonebridge-agent')?.['data'];
    expect(settings).toMatchObject({
      ZONEBRIDGE_BUS: 'arn:aws:events:eu-central-1:000000000000:event-bus/zonebridge-sandbox',
      ZONEBRIDGE_QUEUE: 'zonebridge-sandbox-agent-shop',
      ZONEBRIDGE_SOURCE: 'zonebridge.cluster.000000000000.eu-central-1.shop',
      AWS_REGION: 'eu-central-1',
    });
    expect(result).toMatchObject({
      ok: true,
      identity: 'create',
      access: 'given',
      hub: { endpoints: 7, verifiedShards: 256 },
    });
  });

  test('a dry run says all and changes nothing', async () => {
    const { code, result } = await json('onboard', 'shop', '--dry-run', '--image', image);
    expect(code).toBe(0);
    expect(result).toMatchObject({ ok: true, dryRun: true, identity: 'create' });
    expect(result['objects']).toContainEqual({
      object: 'Deployment zonebridge/zonebridge-agent',
      becomes: 'created',
    });
    const files = await json('onboard', 'shop', '--dry-run', '--image', image, '--manifests', 'dry');
    expect(files.result).not.toHaveProperty('files');
    expect(installer.calls).toEqual([]);
  });

  test('repeated it changes nothing and asks nothing', async () => {
    await json('onboard', 'shop', '--yes', '--image', image);
    installer.calls.length = 0;
    const { code, stdout } = await run('onboard', 'shop', '--image', image);
    expect(code).toBe(0);
    expect(stdout).toContain('shop is as it should be.');
    expect(installer.calls).toEqual([]);
  });

  test('without a terminal it wants --yes', async () => {
    const { code, stderr } = await run('onboard', 'shop', '--image', image);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(installer.calls).toEqual([]);
  });

  test('after a failure midway it goes on', async () => {
    installer.refuses.set('Deployment zonebridge/zonebridge-agent', 500);
    const first = await run('onboard', 'shop', '--yes', '--image', image);
    expect(first.code).not.toBe(0);
    installer.refuses.clear();
    expect((await run('onboard', 'shop', '--yes', '--image', image)).code).toBe(0);
  });

  test('waits for the new agent, not for the one that runs yet', async () => {
    await agentGreets('process-1');
    let waits = 0;
    installer.onApplied = async () => undefined;
    world.whileWaiting = async () => {
      waits += 1;
      if (waits === 3) await agentGreets('process-2');
    };
    const { code, result } = await json('onboard', 'shop', '--yes', '--image', image);
    expect([code, waits]).toEqual([0, 3]);
    expect(result['hub']).toMatchObject({ process: 'process-2' });
  });

  test('an agent that tells only a part is not enough', async () => {
    installer.onApplied = async ({ kind }) => {
      if (kind === 'Deployment') await agentGreets('process-2', 255);
    };
    const { code, stderr } = await run('onboard', 'shop', '--yes', '--image', image);
    expect([code, stderr]).toEqual([4, expect.stringContaining('cluster/silent')]);
  });

  test('is written down with who did it', async () => {
    await json('onboard', 'shop', '--yes', '--image', image);
    const { items } = await world.operator.ports.tables.query({ table: 'ledger', pk: '#action' });
    expect(items.map(({ item }) => item)).toMatchObject([
      {
        what: 'onboard',
        by: 'arn:aws:sts::000000000000:assumed-role/operator/ada',
        details: { cluster: 'shop' },
      },
    ]);
  });

  test('another image changes the Deployment and waits for its agent', async () => {
    await json('onboard', 'shop', '--yes', '--image', image);
    installer.calls.length = 0;
    installer.onApplied = async ({ kind }) => {
      if (kind === 'Deployment') await agentGreets('process-3');
    };
    const { result } = await json(
      'onboard',
      'shop',
      '--yes',
      '--image',
      'registry.example/zonebridge-agent:2',
    );
    expect(installer.calls).toEqual(['changed Deployment zonebridge/zonebridge-agent']);
    expect(result['hub']).toMatchObject({ process: 'process-3' });
  });
});

describe('manifests for others', () => {
  test('are written with a kustomization; the association is made, nothing is applied', async () => {
    installer.cluster.authenticationMode = 'CONFIG_MAP';
    const { code, result } = await json(
      'onboard',
      'shop',
      '--yes',
      '--image',
      image,
      '--manifests',
      'out',
      '--metrics',
    );
    expect(code).toBe(0);
    expect(installer.calls).toEqual(['create association']);
    const folder = String(result['files']);
    const { resources } = parse(await readFile(join(folder, 'kustomization.yaml'), 'utf8')) as {
      resources: string[];
    };
    expect((await readdir(folder)).sort()).toEqual([...resources, 'kustomization.yaml'].sort());
    expect(resources).toContain('networkpolicy-zonebridge.zonebridge-agent-metrics.yaml');
  });
});

describe('the way in', () => {
  test('whoever is not let in gets an entry for the time of the work', async () => {
    installer.letIn = false;
    installer.slowEntries = 3;
    const { code, result } = await json('onboard', 'shop', '--yes', '--image', image);
    expect(code).toBe(0);
    expect(result).toMatchObject({ access: 'temporary' });
    expect(installer.calls.filter((call) => /admit|dismiss/.test(call))).toEqual([
      `admit ${operatorRole}`,
      `dismiss ${operatorRole}`,
    ]);
    expect([...installer.entries]).toEqual([]);
  });

  test('the entry is deleted also when the work fails', async () => {
    installer.letIn = false;
    installer.refuses.set('Deployment zonebridge/zonebridge-agent', 500);
    expect((await run('onboard', 'shop', '--yes', '--image', image)).code).not.toBe(0);
    expect([...installer.entries]).toEqual([]);
  });

  test('an entry that was there before is never used up', async () => {
    installer.letIn = false;
    const path = 'arn:aws:iam::000000000000:role/teams/operator';
    installer.eks.accessEntries = async () => [path];
    const { code, stderr } = await run('onboard', 'shop', '--yes', '--image', image);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${path} has an access entry`)]);
    expect(installer.calls.filter((call) => /admit|dismiss/.test(call))).toEqual([]);
  });

  test('a role of Identity Center is asked for an entry of its own', async () => {
    installer.letIn = false;
    installer.principal = 'arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_Admin_0123/ada';
    const { stderr } = await run('onboard', 'shop', '--yes', '--image', image);
    expect(stderr).toContain('IAM Identity Center');
  });
});

describe('what stands in the way is told all at once', () => {
  test('everything about one cluster', async () => {
    Object.assign(installer.cluster, {
      authenticationMode: 'CONFIG_MAP',
      version: '1.22',
      status: 'UPDATING',
    });
    installer.addonList = [];
    installer.principal = 'arn:aws:iam::444455556666:user/eve';
    installer.refuses.set('Namespace zonebridge', 422);
    const { code, stderr } = await run('onboard', 'shop', '--yes', '--image', image);
    expect(code).toBe(1);
    for (const part of [
      'signed in to account 444455556666',
      'the cluster is UPDATING',
      'Kubernetes 1.22',
      'authenticationMode=API_AND_CONFIG_MAP',
      'eks-pod-identity-agent is not installed',
      'oidcProvider',
      'answers 422',
    ])
      expect(stderr).toContain(part);
    expect(installer.calls).toEqual([]);
  });

  test('Auto Mode brings the agent of pod identity with it', async () => {
    installer.addonList = [];
    installer.cluster.autoMode = true;
    expect((await json('onboard', 'shop', '--dry-run', '--image', image)).code).toBe(0);
  });

  test('a cluster that is not in the configuration, with the nearest name', async () => {
    const { code, stderr } = await run('onboard', 'shup', '--yes', '--image', image);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/cluster\/not-configured[\s\S]*did you mean shop\?|did you mean shop\?/),
    ]);
  });

  test('a cluster that EKS does not have', async () => {
    installer.eks.describe = async () => undefined;
    const { code, stderr } = await run('onboard', 'shop', '--yes', '--image', image);
    expect([code, stderr]).toEqual([1, expect.stringContaining('EKS has no cluster shop')]);
  });

  test('a service account that has another role is left alone', async () => {
    const other = { id: 'a-9', namespace: 'zonebridge', serviceAccount: 'zonebridge-agent' };
    installer.identity = {
      ...other,
      roleArn: 'arn:aws:iam::000000000000:role/else',
      targetRoleArn: undefined,
    };
    const { code, stderr } = await run('onboard', 'shop', '--yes', '--image', image);
    expect([code, stderr]).toEqual([1, expect.stringContaining('role/else')]);
    expect(installer.calls).toEqual([]);
  });

  test('an agent of another hub is left alone', async () => {
    const data = { ZONEBRIDGE_BUS: 'arn:aws:events:eu-central-1:000000000000:event-bus/zonebridge-other' };
    const metadata = { name: 'zonebridge-agent', namespace: 'zonebridge', uid: 'u' };
    installer.objects.set('ConfigMap zonebridge/zonebridge-agent', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data,
    });
    for (const command of ['onboard', 'offboard']) {
      const more = command === 'onboard' ? ['--image', image] : ['--ticket', 'T-1'];
      const { code, stderr } = await run(command, 'shop', '--yes', ...more);
      expect([code, stderr]).toEqual([1, expect.stringContaining('event-bus/zonebridge-other')]);
    }
    expect(installer.calls).toEqual([]);
  });

  test('an image needs a tag or a digest', async () => {
    for (const wrong of ['bad image:1', 'registry.example/agent', 'agent:', '-agent:1'])
      expect([wrong, (await run('onboard', 'shop', '--yes', '--image', wrong)).code]).toEqual([wrong, 2]);
    const digest = `registry.example:5000/team/agent@sha256:${'a'.repeat(64)}`;
    expect((await run('onboard', 'shop', '--dry-run', '--image', digest)).code).toBe(0);
    expect(installer.calls).toEqual([]);
  });

  test('an image is needed', async () => {
    const { code, stderr } = await run('onboard', 'shop', '--yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--image')]);
  });
});

describe('offboard', () => {
  beforeEach(async () => {
    await json('onboard', 'shop', '--yes', '--image', image, '--metrics');
    installer.calls.length = 0;
  });

  test('stops the agent first, takes its role last, leaves the namespace and the hub as they are', async () => {
    const { code, result } = await json('offboard', 'shop', '--yes', '--ticket', 'T-1');
    expect(code).toBe(0);
    expect(installer.calls[0]).toBe('remove Deployment zonebridge/zonebridge-agent');
    expect(installer.calls.at(-1)).toBe('delete association a-1');
    expect([...installer.objects.keys()]).toEqual(['Namespace zonebridge']);
    expect(result).toMatchObject({
      identity: 'removed',
      kept: ['Namespace zonebridge'],
      hub: { endpoints: 7 },
    });
  });

  test('takes rights along that the configuration does not name any more', async () => {
    const place = { namespace: 'zonebridge', serviceAccount: 'zonebridge-agent' };
    const environment = { AWS_REGION: '', ZONEBRIDGE_BUS: '', ZONEBRIDGE_QUEUE: '', ZONEBRIDGE_SOURCE: '' };
    const before = await installer.manifests({ ...place, environment, image, services: 'all' });
    const rights = before.filter(({ metadata }) => metadata.name === 'zonebridge-agent-services');
    for (const object of rights) await installer.api().apply(object);
    expect(rights.map(({ kind }) => kind)).toEqual(['ClusterRole', 'ClusterRoleBinding']);
    await json('offboard', 'shop', '--yes', '--ticket', 'T-1');
    expect([...installer.objects.keys()]).toEqual(['Namespace zonebridge']);
  });

  test('repeated it finds nothing', async () => {
    await json('offboard', 'shop', '--yes', '--ticket', 'T-1');
    const { code, result } = await json('offboard', 'shop', '--yes', '--ticket', 'T-1');
    expect([code, result['removed'], result['identity']]).toEqual([0, [], 'absent']);
  });

  test('an object whose label somebody took off stays', async () => {
    const map = installer.objects.get('ConfigMap zonebridge/zonebridge-agent')!;
    map.metadata.labels = {};
    const { result } = await json('offboard', 'shop', '--yes', '--ticket', 'T-1');
    expect(result['kept']).toContain('ConfigMap zonebridge/zonebridge-agent');
    expect(installer.objects.has('ConfigMap zonebridge/zonebridge-agent')).toBe(true);
  });

  test('a dry run, and a missing ticket, change nothing', async () => {
    expect((await json('offboard', 'shop', '--dry-run')).code).toBe(0);
    expect((await run('offboard', 'shop', '--yes')).code).toBe(2);
    expect(installer.calls).toEqual([]);
  });

  test('works on a cluster whose add-on is gone', async () => {
    installer.addonList = [];
    expect((await json('offboard', 'shop', '--yes', '--ticket', 'T-1')).code).toBe(0);
  });
});

test('status names clusters that ask for the agent', async () => {
  world.storeToken();
  await world.run(['apply', '--yes', '--no-wait']);
  const proposal = { cluster: 'new-one', key: '', state: 'proposed', reason: 'add it', since: 1 } as const;
  await writeProposals(world.operator.ports.tables, { 'arn:new-one': proposal });
  const { stdout } = await world.run(['status']);
  expect(stdout).toContain('EKS cluster new-one asks for the agent (proposed): add it');
  expect((await world.json(['status'])).result['proposals']).toEqual([proposal]);
});
