import { ZonebridgeError, isZonebridgeError } from '../../core/errors.ts';
import type { Envelope } from './envelope.ts';
import { textAt, xml } from './xml.ts';

/** A unit of a pair, and its state in its own words. */
export interface Unit {
  serial: string;
  state: string;
}

export const stateCommand = xml('show', {}, [xml('high-availability', {}, [xml('state')])]);

/** State of the unit that answered; undefined when it belongs to no pair. It stands below `group` on a firewall, below `result` on a Panorama. */
export function stateIn({ result }: Envelope): string | undefined {
  const enabled = textAt(result, 'enabled');
  if (enabled === 'no') return undefined;
  const state = textAt(result, 'group', 'local-info', 'state') ?? textAt(result, 'local-info', 'state');
  if (enabled === 'yes' && state) return state.slice(0, 40);
  throw new ZonebridgeError(
    'firewall/unexpected-answer',
    'op show high-availability state: the answer is incomplete',
  );
}

/** Whether it forwards traffic and takes writes. Assumption: words may stand around it, such as `primary-active` on a Panorama. */
export function isActive(state: string): boolean {
  return /(^|-)active(-|$)/.test(state);
}

/**
 * The unit of a pair that is active. A passive one answers reads, too, from a table of its own, so each is asked for its state. Throws when
 * none is: one that cannot be reached may be the one.
 */
export async function activeUnit(
  serials: readonly string[],
  ask: (serial: string) => Promise<Envelope>,
): Promise<Unit> {
  const seen: string[] = [];
  let away: ZonebridgeError | undefined;
  for (const serial of serials) {
    try {
      const state = stateIn(await ask(serial));
      if (state !== undefined && isActive(state)) return { serial, state };
      seen.push(`${serial} is ${state ?? 'in no pair'}`);
    } catch (error) {
      if (!isZonebridgeError(error, 'firewall/unreachable') || error.fields['notSent'] !== true) throw error;
      away = error;
    }
  }
  throw away ?? new ZonebridgeError('firewall/standby-unit', `neither unit is active: ${seen.join(', ')}`);
}
