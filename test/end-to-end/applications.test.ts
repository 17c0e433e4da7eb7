import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Experiment } from '../support/applications/experiment.ts';
import { applicationGroups } from '../support/applications/groups.ts';
import type { PlayedCluster } from '../support/applications/played-cluster.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

let experiment: Experiment;
let cluster: PlayedCluster;

const settled = (namespace: string) => () => cluster.settled(namespace);
/** As many pods with an address as this. */
const pods = (namespace: string, count: number) => async () =>
  (await cluster.hands.pods(namespace, '')).length === count;
const atOnce = async (): Promise<boolean> => true;

/** Scaling the Deployment that has most in the groups. */
const scaled = (replicas: number) => ({
  act: () => cluster.hands.scale('boutique', 'frontend', replicas),
  over: settled('boutique'),
});

/** How long addresses that the cluster gave to another pod were in their old groups yet. */
function printLent(which: string): number {
  const lent = experiment.witness.lent();
  const most = Math.max(0, ...lent);
  console.log(
    `${lent.length} addresses were given again before they were off, ${which}: ${most.toFixed(0)} ms at most`,
  );
  return most;
}

/** The one pod of a Deployment of one. */
async function podOf(namespace: string, selector: string): Promise<{ name: string; address: string }> {
  const [pod] = await cluster.hands.pods(namespace, selector);
  return { name: pod?.metadata?.name ?? '', address: pod?.status?.podIP ?? '' };
}

await kubernetesOrSkip('real applications on a real Kubernetes API', () => {
  beforeAll(async () => {
    experiment = await Experiment.start(applicationGroups);
    cluster = experiment.cluster;
    for (const [index, role] of ['edge', 'inner', 'inner', 'inner'].entries())
      await cluster.addNode(`node-${index}`, `10.1.0.${index + 1}`, { role });
    await experiment.inStep();
  });

  afterAll(async () => {
    experiment?.print();
    await experiment?.stop();
  });

  test('three applications are installed as they are', async () => {
    const { core } = cluster.hands;
    await experiment.change({
      what: 'install Online Boutique',
      act: async () => {
        await core.createNamespace({ body: { metadata: { name: 'boutique', labels: { team: 'shop' } } } });
        await cluster.apply('online-boutique.yaml', 'boutique');
      },
      over: settled('boutique'),
    });
    await experiment.change({
      what: 'install Bookinfo',
      act: async () => {
        await core.createNamespace({ body: { metadata: { name: 'bookinfo' } } });
        await cluster.apply('bookinfo.yaml', 'bookinfo');
      },
      over: settled('bookinfo'),
    });
    await experiment.change({
      what: 'install Sock Shop',
      act: () => cluster.apply('sock-shop.yaml', 'sock-shop'),
      over: settled('sock-shop'),
    });
    const sizes = applicationGroups.map(({ name }) => [name, experiment.members(name).length]);
    expect(Object.fromEntries(sizes)).toEqual({
      'boutique-frontend': 1,
      'boutique-cart': 2,
      'boutique-checkout-nodes': 1,
      // No cloud has given it an address yet.
      'boutique-door': 0,
      'boutique-services': 12,
      'reviews-without-stars-in-red': 2,
      'bookinfo-backends': 2,
      'sock-front-end': 1,
      'sock-databases': 5,
      shops: 12,
      'edge-nodes': 1,
    });
  });

  test('network policies disturb nothing, a load balancer gets its address', async () => {
    const policies = await experiment.change({
      what: 'network policies of Online Boutique',
      act: () => cluster.applyFolder('online-boutique-policies', 'boutique'),
      over: atOnce,
    });
    expect(policies).toMatchObject({ events: 0, writes: 0 });
    await experiment.change({
      what: 'the load balancer is there',
      act: () => cluster.giveBalancer('boutique', 'frontend-external', '192.168.40.7'),
      over: atOnce,
    });
    expect(experiment.members('boutique-door')).toEqual(['192.168.40.7']);
  });

  test('many more pods in a new namespace wait for a person', async () => {
    await experiment.change({ ...scaled(3), what: 'scale frontend 1 to 3' });
    const { held } = await experiment.change({
      ...scaled(20),
      what: 'scale frontend 3 to 20 in a new namespace',
      braked: atOnce,
    });
    expect(held).toEqual(Array(10).fill('growth'));
    expect(experiment.members('boutique-frontend')).toHaveLength(20);
  });

  test('a Deployment is rolled out, scaled down and up, and another one deleted', async () => {
    experiment.passTime();
    const before = experiment.members('boutique-frontend');
    await experiment.change({
      what: 'roll out frontend (20 pods)',
      act: () => cluster.hands.restart('boutique', 'frontend'),
      over: settled('boutique'),
    });
    expect(experiment.members('boutique-frontend')).not.toEqual(before);
    await experiment.change({ ...scaled(16), what: 'scale frontend 20 to 16' });
    experiment.passTime();
    await experiment.change({ ...scaled(40), what: 'scale frontend 16 to 40' });
    const { held } = await experiment.change({
      ...scaled(2),
      what: 'scale frontend 40 to 2',
      braked: atOnce,
    });
    expect(held).toContain('firewall-shrink');
    experiment.passTime();
    await experiment.change({
      what: 'delete redis-cart',
      act: () => cluster.hands.apps.deleteNamespacedDeployment({ namespace: 'boutique', name: 'redis-cart' }),
      over: settled('boutique'),
    });
    expect(experiment.members('boutique-cart')).toHaveLength(1);
  });

  test('pods and namespaces are labelled anew', async () => {
    const { hands } = cluster;
    const [first, third] = [
      await podOf('bookinfo', 'version=v1,app=reviews'),
      await podOf('bookinfo', 'version=v3'),
    ];
    // It belongs to no ReplicaSet any more, which makes another one in its place.
    await experiment.change({
      what: 'take a pod of reviews-v1 out by its label',
      act: () => hands.label('bookinfo', first.name, { version: 'debug' }),
      over: pods('bookinfo', 7),
    });
    expect(experiment.members('reviews-without-stars-in-red')).not.toContain(first.address);
    await experiment.change({
      what: 'make a pod of reviews-v3 one of v2',
      act: () => hands.label('bookinfo', third.name, { version: 'v2' }),
      over: pods('bookinfo', 8),
    });
    expect(experiment.members('reviews-without-stars-in-red')).toContain(third.address);
    await experiment.change({
      what: 'label the namespaces of Bookinfo and Sock Shop into the shops',
      act: async () => {
        await cluster.labelNamespace('bookinfo', { team: 'shop' });
        await cluster.labelNamespace('sock-shop', { team: 'shop' });
      },
      over: atOnce,
    });
    await experiment.change({
      what: 'label Sock Shop out of the shops',
      act: () => cluster.labelNamespace('sock-shop', { team: null }),
      over: atOnce,
    });
    experiment.passTime();
    await experiment.change({
      what: 'label Bookinfo out of the shops and Sock Shop into them',
      act: async () => {
        await cluster.labelNamespace('bookinfo', { team: null });
        await cluster.labelNamespace('sock-shop', { team: 'shop' });
      },
      over: atOnce,
    });
    expect(experiment.members('shops')).toEqual(expect.arrayContaining(experiment.members('sock-databases')));
  });

  test('a pod that crashes again and again stays, one that has failed leaves', async () => {
    const { address, name } = await podOf('boutique', 'app=cartservice');
    const crashing = await experiment.change({
      what: 'cartservice in CrashLoopBackOff',
      act: () => cluster.setStatus('boutique', name, crashLoop),
      over: async () => !(await cluster.settled('boutique')),
    });
    expect(crashing.writes).toBe(0);
    expect(experiment.members('boutique-cart')).toEqual([address]);
    await experiment.change({
      what: 'cartservice evicted: its pod has failed, and another one comes',
      act: () => cluster.setStatus('boutique', name, { phase: 'Failed', reason: 'Evicted' }),
      over: async () => (await cluster.hands.pods('boutique', 'app=cartservice')).length === 2,
    });
    expect(experiment.members('boutique-cart')).not.toContain(address);
    const forgotten = await experiment.change({
      what: 'the failed pod is deleted',
      act: () => cluster.hands.deletePod('boutique', name),
      over: settled('boutique'),
    });
    expect(forgotten.writes).toBe(0);
  });

  test('a pod in the network of its node, and one that ends by itself', async () => {
    const [taken] = experiment.members('boutique-checkout-nodes');
    const [node, address] = taken === '10.1.0.2' ? ['node-2', '10.1.0.3'] : ['node-1', '10.1.0.2'];
    await experiment.change({
      what: 'a pod of checkoutservice in the network of its node',
      act: () => cluster.runOnHost('boutique', 'on-host', { app: 'checkoutservice', node }),
      over: async () => (await podOf('boutique', 'app=checkoutservice,on=host')).address !== '',
    });
    expect(experiment.members('boutique-checkout-nodes')).toContain(address);
    expect(experiment.members('shops')).not.toContain(address);
    await experiment.change({
      what: 'a Job with the labels of frontend',
      act: () => cluster.runJob('boutique', 'warm-up', { app: 'frontend' }),
      over: () => cluster.jobDone('boutique', 'warm-up'),
    });
  });

  test('services of odd kinds, and a pod that finds no node', async () => {
    const before = experiment.members('boutique-services').length;
    const odd = await experiment.change({
      what: 'services: headless, of another name, without selector',
      act: async () => {
        await cluster.createService('boutique', 'headless', {
          clusterIP: 'None',
          selector: { app: 'frontend' },
        });
        await cluster.createService('boutique', 'elsewhere', {
          type: 'ExternalName',
          externalName: 'shop.example',
        });
        await cluster.createService('boutique', 'by-hand', {});
      },
      over: atOnce,
    });
    expect(odd.added).toBe(1);
    expect(experiment.members('boutique-services')).toHaveLength(before + 1);
    const waiting = await experiment.change({
      what: 'a pod of frontend that no node takes',
      act: () => cluster.runNowhere('boutique', 'waiting', { app: 'frontend' }),
      over: atOnce,
    });
    expect(waiting).toMatchObject({ added: 0, writes: 0 });
  });

  test('a node dies', async () => {
    const { core } = cluster.hands;
    experiment.passTime();
    await experiment.change({
      what: 'another node becomes an edge node',
      act: () => cluster.labelNode('node-1', { role: 'edge' }),
      over: atOnce,
    });
    expect(experiment.members('edge-nodes')).toEqual(['10.1.0.1', '10.1.0.2']);
    await experiment.change({
      what: 'the node object is deleted, its pods are listed on',
      act: () => core.deleteNode({ name: 'node-0' }),
      over: atOnce,
    });
    expect(experiment.members('edge-nodes')).toEqual(['10.1.0.2']);
    const dead = await cluster.podsOn('node-0');
    await experiment.change({
      what: 'its pods are deleted, and nobody is there to end them',
      act: () => Promise.all(dead.map((one) => cluster.hands.deletePod(one.namespace, one.name, 30))),
      over: atOnce,
    });
    expect(await cluster.podsOn('node-0')).toEqual(dead);
    await experiment.change({
      what: 'they are forgotten',
      act: () => Promise.all(dead.map((one) => cluster.hands.deletePod(one.namespace, one.name))),
      over: async () => (await cluster.podsOn('node-0')).length === 0,
    });
  });

  test('a namespace is deleted; what the brakes hold of it leaves when somebody else gets the address', async () => {
    const { core } = cluster.hands;
    const productpages = async (): Promise<(string | undefined)[]> =>
      (await cluster.hands.pods('bookinfo', 'app=productpage')).map(({ status }) => status?.podIP);
    experiment.passTime();
    printLent('unless they were held');
    await experiment.change({
      what: 'delete the namespace of Sock Shop',
      act: () => core.deleteNamespace({ name: 'sock-shop' }),
      over: async () => (await core.listNamespace()).items.every((one) => one.metadata?.name !== 'sock-shop'),
      braked: async () => {
        const waiting = await experiment.hub.held();
        expect(waiting.map(({ reason }) => reason)).toContain('firewall-shrink');
        await cluster.hands.scale('bookinfo', 'productpage-v1', 16);
        await vi.waitUntil(async () => (await productpages()).length === 16, { timeout: 30_000 });
        await experiment.calm();
        const others = await productpages();
        const reused = waiting.filter(({ address }) => others.includes(address));
        console.log(`${reused.length} of ${waiting.length} addresses that were held went to other pods`);
        expect(experiment.members('shops').filter((address) => others.includes(address))).toEqual([]);
      },
    });
    for (const group of ['sock-front-end', 'sock-databases']) expect(experiment.members(group)).toEqual([]);
  });

  test('in all of this nobody came in who did not belong, and nobody who did was out in between', () => {
    const { hub, witness } = experiment;
    expect(witness.failures).toEqual([]);
    expect(hub.failures).toEqual([]);
    expect(witness.strangers()).toEqual([]);
    expect(witness.interrupted()).toEqual([]);
    // Nobody waits for the sweep, which comes once a minute.
    expect(printLent('in all')).toBeLessThan(30_000);
    // And it would have been seen.
    const [edge = ''] = experiment.members('edge-nodes');
    witness.has.set('edge-nodes', ['10.9.9.9']);
    expect(witness.strangers()).toMatchObject([{ address: '10.9.9.9' }]);
    expect(witness.interrupted()).toMatchObject([{ address: edge }]);
  });
});

/** What a kubelet says of a pod whose container it starts again and again. */
const crashLoop = {
  conditions: [
    { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
    { type: 'ContainersReady', status: 'False', reason: 'ContainersNotReady' },
  ],
  containerStatuses: [
    {
      name: 'server',
      image: 'server',
      imageID: '',
      ready: false,
      restartCount: 7,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
    },
  ],
};
