import type { BrakeSettings, FirewallBrakes } from '../../core/model/address-group.ts';
import { defaultFirewallBrakes } from '../../core/plan/brakes.ts';
import type { DocumentBrakes, DocumentFirewallBrakes } from './schema.ts';

type Rule = BrakeSettings['shrink'];

function rule(above: Rule, given: DocumentBrakes['shrink']): Rule {
  return { minimum: given?.minimum ?? above.minimum, share: given?.share ?? above.share };
}

/** Fills in what is left out from the built-in limits. */
export function withFirewallBrakes(own: DocumentFirewallBrakes): FirewallBrakes {
  const { shrink, windowMinutes } = defaultFirewallBrakes;
  return { shrink: rule(shrink, own.shrink), windowMinutes: own.windowMinutes ?? windowMinutes };
}

/** Fills in what is left out from the limits above. */
export function withBrakes(base: BrakeSettings, own: DocumentBrakes | undefined): BrakeSettings {
  return {
    shrink: rule(base.shrink, own?.shrink),
    growth: rule(base.growth, own?.growth),
    windowMinutes: own?.windowMinutes ?? base.windowMinutes,
  };
}
