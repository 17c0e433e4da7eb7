import { connect, createServer, type Server, type Socket } from 'node:net';
import { type CoreV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';

/** A TCP relay in front of the API. */
export class Gate {
  readonly server: Server;
  readonly #open = new Set<Socket>();

  constructor(target: () => number) {
    this.server = createServer((client) => {
      const upstream = connect(target(), '127.0.0.1');
      for (const socket of [client, upstream]) {
        this.#open.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            this.#open.delete(socket);
            client.destroy();
            upstream.destroy();
          });
      }
      client.pipe(upstream).pipe(client);
    });
  }

  /** Cuts every connection in the middle of whatever it carries. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

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
