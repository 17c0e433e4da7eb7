export { kubeconfigEntrance } from '../kubernetes/administration/kubeconfig.ts';
