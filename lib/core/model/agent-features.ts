import { requestsVersion } from '../delegation/request.ts';
import { gatesVersion } from '../gates/gate.ts';
import { networkVersion } from '../network/report.ts';
import { wayBackVersion } from '../way-back/manifest.ts';
import { hearingVersion } from './hearing.ts';
import { claimsVersion, servicesVersion } from './messages.ts';
import { digestVersion } from './shard-digest.ts';

/** What agents tell beside plain endpoints, with the version of each: the hub says in its answer to hello which it takes. */
export const featureVersions = {
  digest: digestVersion,
  network: networkVersion,
  services: servicesVersion,
  wayBack: wayBackVersion,
  groups: requestsVersion,
  gates: gatesVersion,
  hearing: hearingVersion,
  claims: claimsVersion,
} as const;
export type AgentFeature = keyof typeof featureVersions;
export const agentFeatures = Object.keys(featureVersions) as AgentFeature[];
