import { startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { wayBackSuite } from '../contract/kubernetes/way-back-suite.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

await kubernetesOrSkip('desired state on a real Kubernetes API', () => {
  wayBackSuite(startRealApi);
});
