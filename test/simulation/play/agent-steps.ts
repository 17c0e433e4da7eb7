import type { AgentStep } from '../plan/steps.ts';
import type { ClusterSide } from '../world.ts';

export function playAgent(side: ClusterSide, step: AgentStep): void {
  const { agents, cluster } = side;
  const { kernel } = side.hub.hub;
  kernel.happened(`agent: ${step.do}`);
  switch (step.do) {
    case 'crash':
      return agents.crash();
    case 'restart':
      return agents.restart();
    case 'pause':
      side.hub.watch.decisions.heldUp(step.seconds * 1000);
      side.hub.stale.heldUp(step.seconds * 1000);
      return agents.pause(step.seconds * 1000, step.replaced);
    case 'compact':
      return cluster.api.compact();
  }
}
