import type { GateRules } from '../gates/gate.ts';
import type { Producer } from '../way-back/producers.ts';

/** What differs between the agents of two clusters. */
export interface AgentSettings {
  namespace: string;
  serviceAccount: string;
  /** Image with a tag or digest. */
  image: string;
  /** Variables of the agent, told in cluster-agent/readme.md. */
  environment: Readonly<
    Record<'AWS_REGION' | 'ZONEBRIDGE_BUS' | 'ZONEBRIDGE_QUEUE' | 'ZONEBRIDGE_SOURCE', string>
  >;
  /** IAM role for the OIDC provider of the cluster, where pod identity does not work. */
  irsaRole?: string | undefined;
  /** Lets the agent read how the network of the cluster translates addresses, and tell it. */
  networkReport?: boolean | undefined;
  /** Lets the agent read services and ingresses and tell them: those that are reached from outside, or `all`. */
  services?: 'on' | 'all' | undefined;
  /** Lets Prometheus read the agent's metrics. */
  metrics?: boolean | undefined;
  /** Namespaces in which the agent opens readiness gates, and how. */
  gates?: GateRules | undefined;
  /** What Zonebridge writes in the cluster; nothing when left out. */
  wayBack?: AgentWayBack | undefined;
}

/** From where the agent takes what its cluster shall have. */
export interface AgentWayBack {
  /** At least one. */
  writes: readonly Producer[];
  bucket: string;
  /** Key of the cluster in the configuration. */
  prefix: string;
  /** Base64 of the hub's public keys: more than one while a key is replaced. */
  publicKeys: readonly string[];
}
