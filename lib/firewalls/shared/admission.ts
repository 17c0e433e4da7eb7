import { ZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest } from '../../core/firewall.ts';

/**
 * Waits for room in the budget of calls; returns how long the call may last, in milliseconds. Throws `sync/lease-lost` after the
 * deadline, `firewall/budget-used` when the room comes too late. `call`: what is to be sent, for the message.
 */
export async function admit(
  request: Pick<ConnectionRequest<unknown>, 'clock' | 'deadline' | 'takeCall'>,
  call: string,
  timeoutMs: number,
): Promise<number> {
  const { clock, deadline, takeCall } = request;
  for (;;) {
    const now = clock.now();
    if (now >= deadline)
      throw new ZonebridgeError('sync/lease-lost', `${call}: not sent, the time of this run is over`);
    const wait = takeCall?.(now) ?? 0;
    if (wait <= 0) return Math.min(timeoutMs, deadline - now);
    if (now + wait >= deadline)
      throw new ZonebridgeError(
        'firewall/budget-used',
        `${call}: not sent, our own budget of calls is used up`,
      );
    await clock.sleep(wait);
  }
}
