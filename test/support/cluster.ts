import { type CoreV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';

/** Returns its uid. */
export async function createNamespace(
  core: CoreV1Api,
  name: string,
  labels: Record<string, string> = {},
): Promise<string> {
  const created = await core.createNamespace({ body: { metadata: { name, labels } } });
  return created.metadata?.uid ?? '';
}

/** A node with these internal addresses; returns its uid. */
export async function createNode(core: CoreV1Api, name: string, addresses: string[]): Promise<string> {
  const created = await core.createNode({ body: { metadata: { name } } });
  await core.patchNodeStatus(
    {
      name,
      body: {
        status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
      },
    },
    setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
  );
  return created.metadata?.uid ?? '';
}

/** A pod without address; returns its uid. */
export async function createPod(
  core: CoreV1Api,
  namespace: string,
  name: string,
  more: { node?: string; hostNetwork?: boolean } = {},
): Promise<string> {
  const created = await core.createNamespacedPod({
    namespace,
    body: {
      metadata: { name, labels: { app: name } },
      spec: {
        ...(more.node ? { nodeName: more.node } : {}),
        ...(more.hostNetwork ? { hostNetwork: true } : {}),
        containers: [{ name: 'c', image: 'example.test/none' }],
      },
    },
  });
  return created.metadata?.uid ?? '';
}

/** Sets phase and addresses, as a kubelet does. */
export async function setPod(
  core: CoreV1Api,
  namespace: string,
  name: string,
  status: { phase: string; ips: string[] },
): Promise<void> {
  await core.patchNamespacedPodStatus(
    {
      namespace,
      name,
      body: {
        status: {
          phase: status.phase,
          podIP: status.ips[0],
          podIPs: status.ips.map((ip) => ({ ip })),
        },
      },
    },
    setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
  );
}
