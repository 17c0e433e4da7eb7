import type { Addon, EksCluster, PodIdentity, StoredPodIdentity } from './ports.ts';

/** What was seen of a cluster, and what we want of it. */
export interface ClusterFacts {
  eks: EksCluster;
  addons: readonly Addon[];
  /** Association of the agent's service account. */
  identity: StoredPodIdentity | undefined;
  wanted: PodIdentity;
  /** The configuration names the OIDC provider of the cluster: the role comes by it, not by pod identity. */
  irsa: boolean;
  /** EKS has to let us in: nobody gave a kubeconfig, and manifests are not only written to files. */
  needsAccess: boolean;
}

/** Something that stands in the way, with what to do about it. */
export interface Obstacle {
  seen: string;
  remedy: string;
}

export interface Examination {
  obstacles: Obstacle[];
  /** What is worth knowing and stands in no way. */
  notes: string[];
  /** What becomes of the pod identity association. */
  identity: 'create' | 'already' | 'not-used';
}

const identityAddon = 'eks-pod-identity-agent';
const networkAddon = 'vpc-cni';
/** Pod Security Admission, which the namespace of the agent relies on, is stable since then (Kubernetes 1.25). */
const oldestMinor = 25;

/** Judges a cluster before anything is done; finds everything that stands in the way at once. */
export function examine(facts: ClusterFacts): Examination {
  const obstacles = [...ofCluster(facts), ...ofAccess(facts), ...ofIdentity(facts)];
  const same = facts.identity !== undefined && sameRoles(facts.identity, facts.wanted);
  return {
    obstacles,
    notes: notesOf(facts),
    identity: facts.irsa ? 'not-used' : same ? 'already' : 'create',
  };
}

/** The same for taking the agent out: only the way in may be missing. */
export function examineLeaving(facts: ClusterFacts): Examination {
  return { obstacles: ofAccess(facts), notes: notesOf(facts), identity: facts.irsa ? 'not-used' : 'already' };
}

export function sameRoles(one: PodIdentity, other: PodIdentity): boolean {
  return one.roleArn === other.roleArn && one.targetRoleArn === other.targetRoleArn;
}

function ofCluster({ eks }: ClusterFacts): Obstacle[] {
  const found: Obstacle[] = [];
  if (eks.status !== 'ACTIVE')
    found.push({ seen: `the cluster is ${eks.status}`, remedy: 'Wait until it is ACTIVE.' });
  const [, major = '', minor = ''] = /^(\d+)\.(\d+)/.exec(eks.version) ?? [];
  if (Number(major) === 1 && Number(minor) < oldestMinor)
    found.push({
      seen: `the cluster runs Kubernetes ${eks.version}`,
      remedy: `Upgrade it to 1.${oldestMinor} or newer.`,
    });
  return found;
}

function ofAccess({ eks, needsAccess }: ClusterFacts): Obstacle[] {
  if (!needsAccess || eks.authenticationMode !== 'CONFIG_MAP') return [];
  return [
    {
      seen: 'the authentication mode of the cluster is CONFIG_MAP, so EKS has no access entries for it',
      remedy:
        `Run \`aws eks update-cluster-config --name ${eks.name} --access-config authenticationMode=API_AND_CONFIG_MAP\` ` +
        '(it cannot be taken back, what aws-auth grants stays), or let yourself in by --kubeconfig.',
    },
  ];
}

function ofIdentity(facts: ClusterFacts): Obstacle[] {
  if (facts.irsa) return ofProvider(facts);
  const { eks, addons, identity, wanted } = facts;
  const found: Obstacle[] = [];
  const addon = addons.find(({ name }) => name === identityAddon);
  // Auto Mode brings the agent of pod identity with it.
  if (addon === undefined && !eks.autoMode)
    found.push({
      seen: `the add-on ${identityAddon} is not installed, so pods get no role by pod identity`,
      remedy:
        `Run \`aws eks create-addon --cluster-name ${eks.name} --addon-name ${identityAddon}\`, or, where it cannot run (Fargate), ` +
        'take IRSA: name the OIDC provider of the cluster as `oidcProvider` in zonebridge.yaml and deploy.',
    });
  else if (addon !== undefined && !/^(ACTIVE|UPDATING|DEGRADED)$/.test(addon.status))
    found.push({
      seen: `the add-on ${identityAddon} is ${addon.status}`,
      remedy: 'Look at it in EKS and wait until it is ACTIVE.',
    });
  if (identity !== undefined && !sameRoles(identity, wanted))
    found.push({
      seen: `${wanted.namespace}/${wanted.serviceAccount} is associated with ${identity.roleArn}, not with ${wanted.roleArn}`,
      remedy:
        'If another hub uses this cluster, run `zonebridge offboard` there first; otherwise delete the association.',
    });
  return found;
}

function ofProvider({ eks }: ClusterFacts): Obstacle[] {
  if (eks.oidcIssuer !== undefined) return [];
  return [{ seen: 'the cluster has no OIDC issuer', remedy: 'Take `oidcProvider` out of zonebridge.yaml.' }];
}

function notesOf({ eks, addons }: ClusterFacts): string[] {
  const cni = addons.find(({ name }) => name === networkAddon);
  const network = eks.autoMode
    ? 'network: run by EKS Auto Mode'
    : cni === undefined
      ? 'network: no vpc-cni add-on, so a CNI that you run yourself; the network policy of the agent works if that enforces policies'
      : `network: vpc-cni ${cni.version}; it enforces the agent's network policy if its policy agent is switched on`;
  const endpoint = eks.publicEndpoint
    ? []
    : ['the API endpoint is private: it is reached from its VPC alone'];
  return [`Kubernetes ${eks.version}, access by ${eks.authenticationMode}`, network, ...endpoint];
}
