import type { V1Deployment } from '@kubernetes/client-node';
import type { Cluster } from '../cluster.ts';
import type { Shop } from '../demo/stage.ts';
import { obstaclesOf } from './obstacles.ts';
import type { OwnNamespace } from './own-namespace.ts';
import type { PodNews } from './pod-news.ts';

/**
 * A container that sleeps, about 300 KB, for amd64 and arm64; most nodes run it already under another name.
 * Assumption: it runs as a user other than root when it is told to (`runAsUser`); it opens nothing and writes nothing.
 */
export const demoImage = 'registry.k8s.io/pause:3.10';

/** Nodes of a real cluster have to be asked for, interfaces attached, images pulled. */
const patienceMs = 180_000;
/** A look is a listing of a few pods. */
const lookMs = 200;

/** The storefront in the demo's own namespace of a given cluster. */
export function givenShop(
  parts: { namespace: OwnNamespace; news: PodNews; image: string },
  cluster: () => Cluster,
): Shop {
  const { image, namespace, news } = parts;
  const { name } = namespace;
  return {
    namespace: name,
    patienceMs,
    lookMs,
    graceSeconds: 1,
    lastNews: (since) => news.lastSince(since),
    async open() {
      await namespace.make();
      news.listen();
      return cluster().createDeployment(name, storefront(image));
    },
    async obstacles() {
      const { items } = await cluster().core.listNamespacedPod({ namespace: name });
      return obstaclesOf(items);
    },
  };
}

/** Needs no right, no volume, no token and no privilege: it passes the restricted Pod Security Standard. */
function storefront(image: string): V1Deployment {
  const labels = { app: 'storefront', tier: 'web' };
  return {
    metadata: { name: 'storefront', labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'storefront' } },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 1,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65_535,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'storefront',
              image,
              resources: { requests: { cpu: '1m', memory: '8Mi' }, limits: { memory: '32Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    },
  };
}
