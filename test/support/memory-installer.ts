import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { type KubernetesObject, objectTitle } from '../../lib/core/onboarding/kubernetes-object.ts';
import type {
  Addon,
  Applied,
  ClusterApi,
  Eks,
  EksCluster,
  Installer,
  PodIdentity,
  StoredPodIdentity,
} from '../../lib/core/onboarding/ports.ts';
import { agentObjects } from '../../lib/kubernetes/manifests/agent-manifests.ts';

const manifests = join(import.meta.dirname, '../../cluster-agent/manifests');

/** EKS and the API of one cluster in memory; `calls` tells what was changed, in order. */
export class MemoryInstaller implements Installer {
  readonly calls: string[] = [];
  readonly cluster: EksCluster;
  addonList: Addon[] = [{ name: 'eks-pod-identity-agent', version: 'v1.3.0', status: 'ACTIVE' }];
  identity: StoredPodIdentity | undefined;
  /** ARNs with an access entry. */
  readonly entries = new Set<string>();
  /** When those that we made were made. */
  readonly madeAt = new Map<string, number>();
  /** The time at which EKS makes what is made now. */
  now: () => number = () => 0;
  /** Who may act in the cluster without an entry of ours. */
  letIn = true;
  ownAccess = false;
  principal: string | undefined = 'arn:aws:sts::000000000000:assumed-role/operator/ada';
  readonly objects = new Map<string, KubernetesObject>();
  /** Titles that the API refuses, with the status. */
  readonly refuses = new Map<string, number>();
  /** Requests after an admission that are still refused. */
  slowEntries = 0;
  /** Runs after an object was stored. */
  onApplied: (object: KubernetesObject) => Promise<void> = async () => undefined;
  #uid = 0;

  constructor(more: Partial<EksCluster> = {}) {
    this.cluster = {
      name: 'shop',
      arn: 'arn:aws:eks:eu-central-1:000000000000:cluster/shop',
      status: 'ACTIVE',
      version: '1.33',
      endpoint: 'https://shop.example',
      certificateAuthority: 'pem',
      authenticationMode: 'API_AND_CONFIG_MAP',
      autoMode: false,
      publicEndpoint: true,
      oidcIssuer: 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABC',
      createdAt: 0,
      tags: {},
      ...more,
    };
  }

  readonly caller = { principal: async () => this.principal };

  readonly eks: Eks = {
    list: async () => [this.cluster.name],
    describe: async (name) => (name === this.cluster.name ? this.cluster : undefined),
    addons: async () => this.addonList,
    podIdentity: async () => this.identity,
    createPodIdentity: async (_, identity: PodIdentity) => {
      this.calls.push('create association');
      this.identity = { id: 'a-1', ...identity };
    },
    deletePodIdentity: async (_, id) => {
      this.calls.push(`delete association ${id}`);
      this.identity = undefined;
    },
    accessEntries: async () => [...this.entries],
    madeEntryAt: async (_, principal) => this.madeAt.get(principal),
    admit: async (_, principal) => {
      this.calls.push(`admit ${principal}`);
      this.entries.add(principal);
      this.madeAt.set(principal, this.now());
    },
    dismiss: async (_, principal) => {
      this.calls.push(`dismiss ${principal}`);
      this.entries.delete(principal);
      this.madeAt.delete(principal);
    },
  };

  api(): ClusterApi {
    return {
      apply: async (object, options = {}) => this.#apply(object, options.dryRun === true),
      read: async (object) => {
        this.#enter(object);
        return this.objects.get(objectTitle(object));
      },
      list: async ({ kind }, label) =>
        [...this.objects.values()].filter(
          (object) =>
            object.kind === kind && (!label || object.metadata.labels?.[label.name] === label.value),
        ),
      remove: async (object, uid) => {
        this.#enter(object);
        if (this.objects.get(objectTitle(object))?.metadata.uid !== uid) return false;
        this.calls.push(`remove ${objectTitle(object)}`);
        return this.objects.delete(objectTitle(object));
      },
    };
  }

  manifests: Installer['manifests'] = async (settings) => agentObjects(manifests, settings);

  async #apply(object: KubernetesObject, dryRun: boolean): Promise<Applied> {
    this.#enter(object);
    const title = objectTitle(object);
    const before = this.objects.get(title);
    const uid = before?.metadata.uid ?? `uid-${++this.#uid}`;
    const after = { ...structuredClone(object), metadata: { ...object.metadata, uid } };
    const became =
      before === undefined ? 'created' : isDeepStrictEqual(before, after) ? 'unchanged' : 'changed';
    if (!dryRun) {
      this.objects.set(title, after);
      if (became !== 'unchanged') this.calls.push(`${became} ${title}`);
      await this.onApplied(object);
    }
    return became;
  }

  #enter(object: KubernetesObject): void {
    const refused = this.refuses.get(objectTitle(object));
    if (refused !== undefined) throw refusal(refused);
    if (this.letIn) return;
    if (this.entries.size === 0) throw refusal(401);
    if (this.slowEntries > 0) {
      this.slowEntries -= 1;
      throw refusal(403);
    }
  }
}

function refusal(status: number): ZonebridgeError {
  return new ZonebridgeError('cluster/refused', `the Kubernetes API answers ${status}`, {
    fields: { status },
  });
}
