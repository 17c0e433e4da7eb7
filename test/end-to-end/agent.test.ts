import { agentSuite } from '../contract/kubernetes/agent-suite.ts';
import { startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

await kubernetesOrSkip('agent on a real Kubernetes API', () => {
  agentSuite(startRealApi);
});
