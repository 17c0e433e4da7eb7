import { startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { serviceSuite } from '../contract/kubernetes/service-suite.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

await kubernetesOrSkip('services on a real Kubernetes API', () => {
  serviceSuite(startRealApi);
});
