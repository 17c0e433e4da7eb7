import { at, type Transcript } from './transcript.ts';

const apps = '/apis/apps/v1/namespaces/talk/deployments';
const maps = '/api/v1/namespaces/talk/configmaps';

function deployment(name: string, spec: Record<string, unknown> = {}): Record<string, unknown> {
  const labels = { app: name };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: 'c', image: 'registry.example/c' }] },
  };
  return { metadata: { name }, spec: { selector: { matchLabels: labels }, template, ...spec } };
}

export async function askAboutDeployments(talk: Transcript): Promise<void> {
  talk.step('deployments');
  await talk.post(apps, deployment('shop', { replicas: 2 }));
  await talk.post(apps, deployment('single', { strategy: { type: 'Recreate' } }));
  await talk.post(apps, deployment('wrong', { selector: { matchLabels: { app: 'other' } } }));
  await talk.get(`${apps}/shop/scale`);
  await talk.patch(`${apps}/shop/scale`, 'merge', { spec: { replicas: 5 } });
  await talk.get(`${apps}/shop`);
  const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' };
  await talk.patch(`${apps}/shop`, 'merge', { spec: { template: { metadata: { annotations } } } });
  await talk.patch(`${apps}/shop`, 'merge', { metadata: { labels: { seen: 'yes' } } });
  await talk.patch(`${apps}/shop`, 'strategic-merge', { spec: { selector: { matchLabels: { app: 'no' } } } });
  await talk.patch(`${apps}/shop`, 'strategic-merge', {
    spec: { template: { spec: { containers: [{ name: 'side', image: 'registry.example/s:1' }] } } },
  });
  await talk.ask({ method: 'DELETE', path: `${apps}/shop` });
  await talk.get(`${apps}?limit=5`);
}

export async function askAboutApply(talk: Transcript): Promise<void> {
  talk.step('apply');
  const apply = async (manager: string, data: Record<string, string>, force = false) =>
    talk.patch(`${maps}/applied?fieldManager=${manager}${force ? '&force=true' : ''}`, 'apply', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'applied' },
      data,
    });
  await apply('one', { a: '1', b: '1' });
  const first = await apply('one', { a: '1', b: '2' });
  const again = await apply('one', { a: '1', b: '2' });
  const version = ['metadata', 'resourceVersion'];
  talk.found('the same applied again is no change', at(first, ...version) === at(again, ...version));
  await apply('two', { b: '2', c: '3' });
  await apply('two', { b: 'other' });
  await apply('two', { b: 'other' }, true);
  await apply('one', { a: '1' });
  await apply('one', {});
  await talk.patch(`${maps}/applied`, 'apply', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'applied' },
  });
}

export async function askAboutAccess(talk: Transcript): Promise<void> {
  talk.step('access');
  await talk.ask({ path: '/api/v1/pods', token: '' });
  await talk.ask({ path: '/api/v1/pods', token: 'nonsense' });
  await talk.ask({ path: '/readyz', token: '' });
  const accounts = '/api/v1/namespaces/talk/serviceaccounts';
  await talk.post(accounts, { metadata: { name: 'reader' } });
  const issued = await talk.post(`${accounts}/reader/token`, { spec: { expirationSeconds: 600 } });
  const token = at(issued, 'status', 'token');
  await talk.ask({ path: '/api/v1/namespaces/talk/pods', token });
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }];
  await talk.post(`${rbac}/namespaces/talk/roles`, { metadata: { name: 'reader' }, rules });
  await talk.post(`${rbac}/namespaces/talk/rolebindings`, {
    metadata: { name: 'reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'talk' }],
  });
  await untilAllowed(talk, token);
  await talk.ask({ path: '/api/v1/namespaces/talk/pods?watch=1&timeoutSeconds=1', token });
  await talk.ask({ path: '/api/v1/pods', token });
  await talk.ask({ path: '/api/v1/namespaces/talk/pods/web', method: 'DELETE', token });
}

/** Asked as the account of the step before, with the rights to two names alone: one of them may not be made. */
export async function askAboutLeases(talk: Transcript): Promise<void> {
  talk.step('leases');
  const leases = '/apis/coordination.k8s.io/v1/namespaces/talk/leases';
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/talk/roles/reader';
  const [apiGroups, resources] = [['coordination.k8s.io'], ['leases']];
  const issued = await talk.post('/api/v1/namespaces/talk/serviceaccounts/reader/token', {
    spec: { expirationSeconds: 600 },
  });
  const token = at(issued, 'status', 'token');
  await talk.patch(rbac, 'merge', {
    rules: [
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups, resources, resourceNames: ['one'], verbs: ['get', 'create', 'update'] },
      { apiGroups, resources, resourceNames: ['two'], verbs: ['get', 'update'] },
    ],
  });
  const lease = (name: string, holderIdentity: string, resourceVersion = '') => ({
    metadata: { name, ...(resourceVersion ? { resourceVersion } : {}) },
    spec: { holderIdentity, leaseDurationSeconds: 10 },
  });
  const put = async (name: string, body: unknown) =>
    talk.ask({ method: 'PUT', path: `${leases}/${name}`, body, token });
  await untilKnown(talk, { path: `${leases}/one`, token });
  await talk.ask({ method: 'POST', path: leases, body: lease('one', 'a'), token });
  await talk.ask({ path: leases, token });
  await put('two', lease('two', 'a'));
  await put('three', lease('three', 'a'));
  const made = await put('one', lease('one', 'a', '7'));
  await put('one', lease('one', 'b'));
  const version = at(made, 'metadata', 'resourceVersion');
  await put('one', lease('one', 'b', version));
  await put('one', lease('one', 'c', version));
  await talk.ask({ path: `${leases}/one`, token });
  await talk.ask({ method: 'DELETE', path: `${leases}/one`, token });
}

/** A role takes effect a moment after it was changed. */
async function untilKnown(talk: Transcript, request: { path: string; token: string }): Promise<void> {
  for (let tried = 0; tried < 100; tried++) {
    const { status } = await talk.ask(request);
    if (status === 404) return;
    talk.entries.pop();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A binding takes effect a moment after it was made. */
async function untilAllowed(talk: Transcript, token: string): Promise<void> {
  for (let tried = 0; tried < 100; tried++) {
    const { status } = await talk.ask({ path: '/api/v1/namespaces/talk/pods?labelSelector=nobody', token });
    if (status === 200) return;
    talk.entries.pop();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
