import type { AgentOptions } from './agent.ts';
import { GateKeeper } from './gate-keeper.ts';
import { GroupTeller } from './group-requests.ts';
import type { AgentFeature } from '../../lib/core/model/agent-features.ts';
import { NetworkReporter } from './network-reporter.ts';
import type { AgentStatus } from './status.ts';
import type { Store } from './store.ts';
import { DesiredFollower } from './way-back/follower.ts';

/** What the agent does beside telling endpoints; undefined is what is not wanted of it. */
export interface Features {
  network: NetworkReporter | undefined;
  groups: GroupTeller | undefined;
  gates: GateKeeper | undefined;
  follower: DesiredFollower | undefined;
}

/** Makes the features that the options ask for; each is quiet until there is an epoch, and towards a hub that does not take it. */
export function featuresOf(
  options: AgentOptions,
  agent: {
    status: AgentStatus;
    store: Store;
    takes: (feature: AgentFeature) => boolean;
    epoch: () => number | undefined;
  },
): Features {
  const { bus, clock, random } = options;
  const { status, store, takes, epoch } = agent;
  const common = { bus, clock, status };
  const epochFor = (feature: AgentFeature) => () => (takes(feature) ? epoch() : undefined);
  return {
    network:
      options.documents &&
      new NetworkReporter({
        ...common,
        documents: options.documents,
        epoch: epochFor('network'),
        nodes: () => store.nodes,
      }),
    groups:
      options.groups &&
      new GroupTeller({
        ...common,
        documents: options.groups,
        epoch: epochFor('groups'),
        namespaceLabels: (name) => store.namespaceLabels(name),
      }),
    gates:
      options.gates &&
      new GateKeeper({
        ...common,
        ...options.gates,
        random,
        epoch: epochFor('gates'),
        pod: (uid) => store.pod(uid),
        record: (id) => store.record(id),
      }),
    follower:
      options.wayBack &&
      new DesiredFollower({
        ...common,
        ...options.wayBack,
        random,
        epoch,
        reports: () => takes('wayBack'),
      }),
  };
}
