import type { Construct } from 'constructs';
import { names } from '../../app/names.ts';
import { AgentAccess } from '../agent-access.ts';
import type { StackSettings } from '../settings.ts';
import { ZonebridgeStack } from '../zonebridge-stack.ts';

/** One cell: what the agents of at most 40 clusters need. */
export class ClustersStack extends ZonebridgeStack {
  constructor(scope: Construct, settings: StackSettings, cell: string) {
    const { hub, clusters } = settings.configuration;
    super(
      scope,
      names.clustersStack(hub.name, cell),
      settings,
      `Zonebridge hub ${hub.name}: agents of cell ${cell}`,
    );
    const { surroundings, monitoring } = this;
    for (const [key, cluster] of Object.entries(clusters)) {
      if (cluster.cell === cell) new AgentAccess(this, key, { surroundings, monitoring, key, cluster });
    }
  }
}
