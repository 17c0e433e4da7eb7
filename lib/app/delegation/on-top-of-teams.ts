import type { App } from '../compose.ts';
import type { ApplyRequest } from '../commands/apply.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { delegatedRelease } from './delegated-release.ts';
import { joinResources } from './resource-groups.ts';

/**
 * What a person applies, on top of what is active: generations that came since the plan and changed groups of resources alone change nothing that the
 * person was shown. What resources make is taken along as it is now, and released as their delegation says. `previous` is the generation that has
 * to be active still.
 */
export async function onTopOfTeams(
  { ports }: App,
  request: ApplyRequest,
  before: ActiveConfiguration | undefined,
): Promise<{ request: ApplyRequest; previous: number }> {
  const base = request.plans[0]?.base ?? before?.generation ?? 0;
  // What resources make by themselves stands on the generation that it was made from.
  if (before === undefined || request.releasedSince !== undefined) return { request, previous: base };
  const rebased = onlyTeamsSince(before, base);
  const { groups: active } = before.configuration;
  const { groups } = rebased
    ? await joinResources(ports.tables, request.configuration, active)
    : request.configuration;
  const configuration = { ...request.configuration, groups };
  const plans = await Promise.all(
    request.plans.map(async (plan) => {
      const shown = plan.groups.filter(({ group }) => configuration.groups[group]?.resource === undefined);
      const { firewall } = plan;
      const delegated = await delegatedRelease(ports, { configuration, firewall, before: active });
      return { ...plan, groups: [...shown, ...delegated] };
    }),
  );
  return { request: { ...request, configuration, plans }, previous: rebased ? before.generation : base };
}

/** Whether nothing but resources made generations after this one. */
export function onlyTeamsSince(active: ActiveConfiguration, generation: number): boolean {
  return active.generation > generation && active.releasedSince <= generation;
}
