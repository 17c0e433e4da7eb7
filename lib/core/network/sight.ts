import { holdsPrefix, parseRanges, type Ranges, rangesOverlap } from '../model/address.ts';
import type { ClusterNetwork } from './cluster-network.ts';

/** Whose address a firewall sees on traffic that pods of a cluster send through it. */
export interface Sight {
  sees: 'pod' | 'node' | 'both' | 'unknown';
  /** The setting that decides it, or why nothing is known. */
  because: string;
  /** Destinations towards which the pod's address stays: ranges, and `the VPC` where that is so. */
  except: readonly string[];
  /** What to change so that pods are seen; only where nodes are. */
  change?: string;
}

/** Where the firewall stands. */
export interface Place {
  /** Ranges of the cluster's pods and nodes. */
  cluster: Ranges;
  /** What lies behind the firewall; undefined: nobody said. */
  destinations: Ranges | undefined;
}

const everything = '0.0.0.0/0';

/**
 * Decides for one cluster and one firewall. Translation depends on the destination: without `destinations` the usual case counts, and the
 * exceptions are told. With them each range is looked at, and a range that could be of the VPC, where translation ends, leaves it open.
 */
export function sightOf({ translation }: ClusterNetwork, { cluster, destinations }: Place): Sight {
  if (translation.source === 'unknown') return { sees: 'unknown', because: translation.reason, except: [] };
  const { setting } = translation;
  if (!cluster.prefixes.some(({ family }) => family === 4))
    return {
      sees: 'unknown',
      because: 'the cluster has IPv6 addresses, for which we know no rule',
      except: [],
    };
  if (translation.source === 'pod') return { sees: 'pod', because: setting, except: [] };
  const { except, exceptSetting, exceptVpc, change } = translation;
  const excepted = { sees: 'pod' as const, because: `${setting}, but excepted by ${exceptSetting}`, except };
  const exceptions = exceptVpc ? ['the VPC', ...except] : except;
  const seen = { because: setting, except: exceptions, change };
  if (except.includes(everything)) return excepted;
  const targets = destinations?.texts.filter((range) => !range.includes(':')) ?? [];
  if (targets.length === 0) return { sees: 'node', ...seen };
  const kept = parseRanges(except);
  const verdicts = new Set(
    targets.map((target) => {
      const range = parseRanges([target]);
      if (holdsPrefix(kept, target)) return 'pod';
      if (rangesOverlap(kept, range)) return 'both';
      return exceptVpc && rangesOverlap(cluster, range) ? 'vpc' : 'node';
    }),
  );
  if (verdicts.has('vpc')) {
    const because = `${setting}; destinations behind the firewall may lie in the cluster's VPC, where the pod's address stays`;
    return { sees: 'unknown', because, except: exceptions };
  }
  const [only, ...others] = verdicts;
  if (only === 'pod' && others.length === 0) return excepted;
  return { sees: only === 'node' && others.length === 0 ? 'node' : 'both', ...seen };
}

/** What somebody who publishes a kind of address should know. Undefined when the firewall sees what is published, or nobody knows. */
export interface Unseen {
  text: string;
  /** What to do. */
  remedy: string;
}

/** What else decides whether a warning is due. */
interface Known {
  /** Somebody said what lies behind the firewall. */
  destinationsKnown: boolean;
  /** Whether the VPC routes to the pods. */
  network: Pick<ClusterNetwork, 'cni' | 'routable'>;
}

/** Judges what a group publishes against what a firewall sees. `service` and `egress` addresses are not those of pods or nodes. */
export function unseen(addresses: string, sight: Sight, known: Known): Unseen | undefined {
  const { sees, because, except, change } = sight;
  if (addresses === 'pod' && sees !== 'node' && known.network.routable === 'no')
    return notRouted(known.network.cni);
  if (sees === 'unknown' || sees === addresses) return undefined;
  const where = sees === 'both' ? ' towards some of the destinations behind it' : '';
  if (addresses === 'pod') {
    const but = except.length === 0 ? '' : `, except towards ${listed(except)}`;
    const say = known.destinationsKnown
      ? ''
      : '; if all that lies behind it is excepted, say so in its `destinations`';
    return {
      text: `publishes pod addresses, but pods arrive with the addresses of their nodes${where} (${because})${but}`,
      remedy: `publish \`addresses: node\`, or ${change ?? 'change the setting'}${say}`,
    };
  }
  if (addresses !== 'node') return undefined;
  return {
    text: `publishes node addresses, but pods arrive with their own${where} (${because}); node addresses are seen of nodes and of pods in their network alone`,
    remedy: 'publish `addresses: pod`',
  };
}

/** Whatever arrives with such an address, nothing finds its way back to it. */
function notRouted(cni: string): Unseen {
  return {
    text: `publishes pod addresses, to which nothing outside of the cluster has a way: ${cni} carries them in tunnels between the nodes`,
    remedy: 'publish `addresses: node`, or give pods addresses that the VPC routes',
  };
}

const listedRanges = 5;

function listed(ranges: readonly string[]): string {
  const more = ranges.length > listedRanges ? ` and ${ranges.length - listedRanges} more ranges` : '';
  return `${ranges.slice(0, listedRanges).join(', ')}${more}`;
}
