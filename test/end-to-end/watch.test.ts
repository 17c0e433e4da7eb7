import { startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { watchSuite } from '../contract/kubernetes/watch-suite.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

await kubernetesOrSkip('watches on a real Kubernetes API', () => {
  watchSuite(startRealApi, { endsSlowReaders: false });
});
