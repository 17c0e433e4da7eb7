import type { Problem } from '../../core/errors.ts';
import type { TargetReview } from '../../core/firewall.ts';
import type { ManagementSettings } from './settings.ts';

type Reviewer<S> = (request: TargetReview<S>) => Problem[];

/** What a vendor finds, and what is wrong about a `standby` unit. `mustSay`: as for `inPairs`. */
export function reviewedPairs<S extends ManagementSettings & { ha?: unknown }>(
  review: Reviewer<S>,
  mustSay: (settings: S) => boolean = () => true,
): Reviewer<S> {
  return (request) => [...reviewPair(request, mustSay(request.settings)), ...review(request)];
}

function reviewPair<S extends ManagementSettings & { ha?: unknown }>(
  { firewall, settings, path }: TargetReview<S>,
  mustSay: boolean,
): Problem[] {
  const { address, port, standby, ha } = settings;
  if (!standby) return [];
  const problems: Problem[] = [];
  if (mustSay && !ha)
    problems.push({
      path,
      message: `${firewall} names a standby unit, and nobody asks which unit is active: add ha, or leave standby out`,
    });
  if (standby.address.toLowerCase() === address.toLowerCase() && (standby.port ?? port) === port)
    problems.push({ path, message: `the standby unit of ${firewall} has the address of the first one` });
  return problems;
}
