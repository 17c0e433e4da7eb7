import type { KubeConfig } from '@kubernetes/client-node';
import { askAboutAccess, askAboutApply, askAboutDeployments, askAboutLeases } from './conversation-more.ts';
import { at, type Entry, Transcript } from './transcript.ts';

const pods = '/api/v1/namespaces/talk/pods';
const maps = '/api/v1/namespaces/talk/configmaps';

function pod(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const containers = [{ name: 'c', image: 'registry.example/c:1' }];
  return { metadata: { name, labels: { app: name } }, spec: { nodeName: 'talk-node', containers }, ...more };
}

/** Has the whole conversation with an API that holds nothing of it yet. */
export async function converse(config: KubeConfig): Promise<Entry[]> {
  const talk = new Transcript(config);
  await askAboutCreation(talk);
  await askAboutRefusals(talk);
  await askAboutReading(talk);
  await askAboutPages(talk);
  await askAboutPatches(talk);
  await askAboutUpdates(talk);
  await askAboutWatches(talk);
  await askAboutDeployments(talk);
  await askAboutApply(talk);
  await askAboutAccess(talk);
  await askAboutLeases(talk);
  await askAboutDeletion(talk);
  return talk.entries;
}

async function askAboutCreation(talk: Transcript): Promise<void> {
  talk.step('creation');
  const addresses = [{ type: 'InternalIP', address: '10.0.0.1' }];
  await talk.post('/api/v1/nodes', {
    metadata: { name: 'talk-node', labels: { zone: 'a' } },
    status: { addresses },
  });
  await talk.post('/api/v1/namespaces', { metadata: { name: 'talk', labels: { team: 'red' } } });
  await talk.post(pods, { apiVersion: 'v1', kind: 'Pod', ...pod('web') });
  await talk.post(pods, pod('', { metadata: { generateName: 'made-', creationTimestamp: null } }));
  const host = {
    nodeName: 'talk-node',
    hostNetwork: true,
    restartPolicy: 'Never',
    containers: [{ name: 'c', image: 'i' }],
  };
  await talk.post(pods, pod('host', { spec: host, status: { phase: 'Running', podIP: '10.1.1.1' } }));
  await talk.post(`${maps}?dryRun=All`, { metadata: { name: 'dry' } });
  await talk.get(`${maps}/dry`);
}

async function askAboutRefusals(talk: Transcript): Promise<void> {
  talk.step('refusals');
  await talk.post(pods, pod('web'));
  await talk.post(pods, pod('Web_1'));
  await talk.post(pods, pod('bad-label', { metadata: { name: 'bad-label', labels: { app: 'a b' } } }));
  await talk.post(pods, pod('empty', { spec: { containers: [] } }));
  await talk.post('/api/v1/namespaces/nowhere/pods', pod('web'));
  await talk.post(pods, pod('web', { metadata: { name: 'web', namespace: 'other' } }));
  await talk.post(pods, { ...pod('web'), kind: 'Node', apiVersion: 'v1' });
  await talk.post(pods, { ...pod('web'), apiVersion: 'v2', kind: 'Pod' });
  await talk.post(pods, pod('versioned', { metadata: { name: 'versioned', resourceVersion: '5' } }));
  await talk.ask({ method: 'POST', path: pods, body: '{nonsense' });
  await talk.post('/api/v1/namespaces', { metadata: { name: 'a.b' } });
  await talk.post('/api/v1/pods', pod('web'));
  await talk.get('/api/v1/nonsense');
  await talk.get('/apis/nonsense.example/v1/things');
  await talk.get('/nonsense');
  await talk.post(`${pods}/web/status`, {});
  await talk.ask({ method: 'PUT', path: pods, body: {} });
}

async function askAboutReading(talk: Transcript): Promise<void> {
  talk.step('reading');
  await talk.get(`${pods}/web`);
  await talk.get(`${pods}/nobody`);
  await talk.get(`${pods}/web/status`);
  await talk.get('/api/v1/nodes/talk-node');
  const selectors = [
    'app=web',
    'app!=web',
    'app in (web,host)',
    'app notin (web)',
    'app',
    '!app',
    'app==web,app',
    '',
  ];
  for (const selector of selectors) {
    const answer = await talk.get(`${pods}?labelSelector=${encodeURIComponent(selector)}`);
    talk.found(`labels ${selector}`, (answer.body as { items: unknown[] }).items.length);
  }
  for (const selector of [
    'metadata.name=web',
    'spec.nodeName=talk-node',
    'status.phase!=Pending',
    'spec.nodeName=',
  ]) {
    const answer = await talk.get(`${pods}?fieldSelector=${encodeURIComponent(selector)}`);
    talk.found(`fields ${selector}`, (answer.body as { items: unknown[] }).items.length);
  }
  await talk.get(`${pods}?labelSelector=${encodeURIComponent('a b c')}`);
  await talk.get(`${pods}?fieldSelector=spec.nonsense%3D1`);
  await talk.get('/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue');
}

async function askAboutPages(talk: Transcript): Promise<void> {
  talk.step('pages');
  for (const name of ['a', 'b', 'c', 'd', 'e']) await talk.post(maps, { metadata: { name }, data: { name } });
  const first = await talk.get(`${maps}?limit=2`);
  await talk.ask({ method: 'DELETE', path: `${maps}/c` });
  await talk.post(maps, { metadata: { name: 'cc' } });
  const second = await talk.get(`${maps}?limit=2&continue=${at(first, 'metadata', 'continue')}`);
  const third = await talk.get(`${maps}?limit=2&continue=${at(second, 'metadata', 'continue')}`);
  const versions = [first, second, third].map((page) => at(page, 'metadata', 'resourceVersion'));
  talk.found('all pages are of one version', new Set(versions).size === 1);
  await talk.get(`${maps}?limit=2&labelSelector=nobody%3Dhere`);
  await talk.get(`${maps}?limit=2&continue=abc`);
  await talk.get(`${maps}?resourceVersion=0`);
  await talk.get(`${maps}?resourceVersion=99999999`);
}

async function askAboutPatches(talk: Transcript): Promise<void> {
  talk.step('patches');
  const web = `${pods}/web`;
  const labelled = await talk.patch(web, 'merge', { metadata: { labels: { tier: 'gold', gone: 'x' } } });
  const again = await talk.patch(web, 'merge', { metadata: { labels: { tier: 'gold' } } });
  const version = ['metadata', 'resourceVersion'];
  talk.found('a patch that changes nothing is no change', at(labelled, ...version) === at(again, ...version));
  await talk.patch(web, 'merge', { metadata: { labels: { gone: null } } });
  await talk.patch(web, 'strategic-merge', {
    spec: { containers: [{ name: 'c', image: 'registry.example/c:2' }] },
  });
  await talk.patch(web, 'strategic-merge', { metadata: { labels: { $patch: 'replace', app: 'web' } } });
  await talk.patch(web, 'json', [{ op: 'add', path: '/metadata/labels/a~1b', value: 'slash' }]);
  await talk.patch(web, 'json', [{ op: 'test', path: '/metadata/labels/app', value: 'no' }]);
  await talk.patch(web, 'json', [{ op: 'remove', path: '/metadata/labels/nowhere' }]);
  await talk.patch(web, 'merge', { metadata: { resourceVersion: '1', labels: { z: '1' } } });
  await talk.patch(web, 'merge', { metadata: { labels: { bad: 'a b' } } });
  await talk.patch(web, 'merge', { spec: { nodeName: 'other' } });
  await talk.patch(web, 'merge', { status: { phase: 'Failed' } });
  await talk.patch(`${pods}/nobody`, 'merge', {});
  await talk.ask({ method: 'PATCH', path: web, body: {} });
  const ips = [{ ip: '10.2.0.1' }, { ip: 'fd00::2' }];
  await talk.patch(`${web}/status`, 'merge', {
    status: { phase: 'Running', podIP: '10.2.0.1', podIPs: ips },
  });
  await talk.patch(`${web}/status`, 'strategic-merge', {
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'PodScheduled', status: 'True' },
      ],
    },
  });
  await talk.patch(`${web}/status`, 'strategic-merge', {
    status: { conditions: [{ type: 'Ready', status: 'False' }] },
  });
  await talk.patch(`${web}/status`, 'merge', { spec: { nodeName: 'other' } });
  await talk.patch('/api/v1/nodes/talk-node', 'merge', { spec: { unschedulable: true } });
  await talk.patch('/api/v1/nodes/talk-node/status', 'strategic-merge', {
    status: { addresses: [{ type: 'Hostname', address: 'talk-node' }] },
  });
}

async function askAboutUpdates(talk: Transcript): Promise<void> {
  talk.step('updates');
  const { body } = await talk.get(`${maps}/a`);
  const object = body as { metadata: Record<string, unknown>; data: unknown };
  const changed = { ...object, data: { name: 'other' } };
  await talk.ask({ method: 'PUT', path: `${maps}/a`, body: changed });
  await talk.ask({ method: 'PUT', path: `${maps}/a`, body: { ...changed, data: {} } });
  const { resourceVersion: _, ...unversioned } = object.metadata;
  await talk.ask({ method: 'PUT', path: `${maps}/a`, body: { ...changed, metadata: unversioned } });
  const other = { ...unversioned, uid: '00000000-0000-0000-0000-000000000000' };
  await talk.ask({ method: 'PUT', path: `${maps}/a`, body: { ...changed, metadata: other } });
  await talk.ask({ method: 'PUT', path: `${maps}/b`, body: { ...changed, metadata: unversioned } });
  await talk.ask({ method: 'PUT', path: `${pods}/nobody`, body: pod('nobody') });
}

async function askAboutWatches(talk: Transcript): Promise<void> {
  talk.step('watches');
  const start = await talk.get(`${maps}?limit=1`);
  const version = at(start, 'metadata', 'resourceVersion');
  await talk.post(maps, { metadata: { name: 'seen', labels: { app: 'x' } } });
  await talk.patch(`${maps}/seen`, 'merge', { metadata: { labels: { app: 'y' } } });
  await talk.patch(`${maps}/seen`, 'merge', { metadata: { labels: { app: 'x' } } });
  await talk.ask({ method: 'DELETE', path: `${maps}/seen` });
  const watch = `${maps}?watch=1&timeoutSeconds=1`;
  await talk.get(`${watch}&resourceVersion=${version}`);
  await talk.get(`${watch}&resourceVersion=${version}&labelSelector=app%3Dx`);
  await talk.get(`${watch}&resourceVersion=0&fieldSelector=metadata.name%3Da`);
  await talk.get(`${watch}&fieldSelector=metadata.name%3Da`);
  const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  await talk.get(`${watch}&${initial}&fieldSelector=metadata.name%3Da`);
}

async function askAboutDeletion(talk: Transcript): Promise<void> {
  talk.step('deletion');
  const remove = async (path: string, body?: unknown) =>
    talk.ask({ method: 'DELETE', path, ...(body ? { body } : {}) });
  await remove(`${pods}/nobody`);
  await remove(`${pods}/web`, { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } });
  await remove(`${pods}/web`, { gracePeriodSeconds: 20 });
  await remove(`${pods}/web`);
  await talk.get(`${pods}/web`);
  await remove(`${pods}/web?gracePeriodSeconds=0`);
  await talk.get(`${pods}/web`);
  await talk.post(pods, pod('loose', { spec: { containers: [{ name: 'c', image: 'i' }] } }));
  await remove(`${pods}/loose`);
  await talk.get(`${pods}/loose`);
  await talk.post(`${pods}/host/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'host' },
  });
  await talk.get(`${pods}/host`);
  await remove(`${maps}/a`);
  await remove(`${maps}?labelSelector=nobody%3Dhere`);
  await remove(maps);
  await talk.get(maps);
  await remove('/api/v1/nodes/talk-node');
  await remove('/api/v1/namespaces/talk');
  await talk.post(maps, { metadata: { name: 'late' } });
}
