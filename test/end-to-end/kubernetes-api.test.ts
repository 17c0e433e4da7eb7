import { KubeConfig } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { converse } from '../contract/kubernetes/conversation.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

await kubernetesOrSkip('the answers of a real Kubernetes API', () => {
  // The simulator is compared with this file where there is no real API. After a change of the conversation or of the
  // API's version: vitest run --project end-to-end test/end-to-end/kubernetes-api.test.ts --update
  test('are those that were recorded', async () => {
    const api = await startRealApi();
    try {
      const config = new KubeConfig();
      config.loadFromFile(api.kubeconfig);
      const text = `${JSON.stringify(await converse(config), null, 1)}\n`;
      await expect(text).toMatchFileSnapshot('../contract/kubernetes/recorded.json');
    } finally {
      await api.stop();
    }
  });
});
