import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ConnectionRequest, Diagnosis } from '../../core/firewall.ts';
import type { ManagementSettings } from './settings.ts';
import { certificateOf, networkError } from './transport.ts';

/**
 * Asks the web server for its front page's head. Assumption: it answers with a `date` header, as web servers do; without one the
 * clock stays unknown.
 */
export async function greet(
  request: Pick<ConnectionRequest<ManagementSettings>, 'settings' | 'clock'>,
): Promise<Pick<Diagnosis, 'certificate' | 'clockDifferenceMs'>> {
  const { address, port, ca, tlsServerName, timeoutMs } = request.settings;
  const call = httpsRequest({
    host: address,
    port,
    method: 'HEAD',
    path: '/',
    ca,
    agent: false,
    timeout: timeoutMs,
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
  });
  call.on('timeout', () => call.destroy(new DOMException('no answer in time', 'TimeoutError')));
  call.end();
  try {
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const heard = request.clock.now();
    const told = Date.parse(response.headers.date ?? '');
    const certificate = certificateOf(response.socket);
    response.resume();
    return { certificate, clockDifferenceMs: Number.isNaN(told) ? undefined : told - heard };
  } catch (error) {
    throw networkError(error, 'HEAD /', false);
  } finally {
    call.destroy();
  }
}
