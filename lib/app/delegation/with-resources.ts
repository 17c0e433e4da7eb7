import type { App } from '../compose.ts';
import type { Configuration } from '../configuration/model.ts';
import { activeOrNone } from '../state/active-or-none.ts';
import { joinResources } from './resource-groups.ts';

/** A configuration as a person wrote it, with the groups that teams made by resources: an apply neither forgets nor freezes them. */
export async function withResources(
  { ports, configurations }: App,
  configuration: Configuration,
): Promise<Configuration> {
  const active = await activeOrNone(configurations);
  const now = active?.configuration.groups ?? {};
  const { groups } = await joinResources(ports.tables, configuration, now);
  return { ...configuration, groups };
}
