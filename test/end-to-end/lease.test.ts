import { startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { leaseSuite } from '../contract/kubernetes/lease-suite.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

await kubernetesOrSkip('the Lease of the agent on a real Kubernetes API', () => {
  leaseSuite(startRealApi);
});
