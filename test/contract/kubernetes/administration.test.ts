import { expect, onTestFinished, test } from 'vitest';
import { HttpsClusterApi } from '../../../lib/kubernetes/administration/cluster-api.ts';
import { startKubernetesSimulator } from '../../../lib/kubernetes/simulator/index.ts';

/** An API answers no Status below a group that it does not serve; the simulated one does so as the real one. */
test('an object of a group that is not served is not there', async () => {
  const simulator = await startKubernetesSimulator();
  onTestFinished(async () => simulator.stop());
  const { ca, token, url } = simulator;
  const api = new HttpsClusterApi({ url, credentials: async () => ({ ca, token }) });
  const metadata = { name: 'web', namespace: 'team' };
  const object = { apiVersion: 'zonebridge.dev/v1alpha1', kind: 'AddressGroup', metadata };
  expect(await api.read(object)).toBeUndefined();
  expect(await api.remove(object, 'uid')).toBe(false);
  const kind = { ...object, namespace: undefined, part: 'status' } as const;
  await expect(api.list(kind, { name: 'a', value: 'b' })).rejects.toMatchObject({
    code: 'cluster/refused',
    fields: { status: 404 },
  });
});
