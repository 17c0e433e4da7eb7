import { isZonebridgeError, type ErrorCode, type ZonebridgeError } from '../../core/errors.ts';

/** What says nothing about the request: it did not arrive, was not looked at, or nobody knows what came of it. */
const noRefusals: readonly ErrorCode[] = [
  'firewall/unreachable',
  'firewall/certificate-untrusted',
  'firewall/credentials-rejected',
  'firewall/unknown-device',
  'firewall/standby-unit',
  'firewall/outcome-unknown',
  'firewall/throttled',
  'firewall/budget-used',
  'firewall/busy',
];

/** How the firewall refused it; undefined when it was done. Throws whatever is no refusal, unless it is one `also`. */
export async function refusalOf(
  work: () => Promise<unknown>,
  also: (error: ZonebridgeError) => boolean = () => false,
): Promise<ZonebridgeError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    if (noRefusals.includes(error.code) && !also(error)) throw error;
    return error;
  }
}

/** Whether the firewall refuses work with this code, as an answer to a question; `otherwise`: what is seen when it does not refuse it. */
export async function refusedWith(
  code: ErrorCode,
  work: () => Promise<unknown>,
  otherwise: string,
): Promise<{ holds: boolean; seen: string }> {
  const refused = await refusalOf(work);
  return { holds: refused?.code === code, seen: refused?.message ?? otherwise };
}
