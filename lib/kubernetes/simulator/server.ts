import type { ServerResponse } from 'node:http';
import type { Serve } from '../../simulators/tls-server.ts';
import { refused } from './answer.ts';
import type { Outcome } from './faults/injection.ts';
import { Refusal } from './refusal.ts';
import { type ApiRequest, readRequest } from './request.ts';

/** Reads a request, lets it be handled, and delivers what comes of it, whole or not. */
export function serveWith(handle: (request: ApiRequest) => Promise<Outcome>): Serve {
  return async (incoming, response) => {
    const request = await readRequest(incoming);
    const outcome: Outcome = request
      ? await handle(request)
      : { answer: refused(new Refusal(413, 'the request is too large')), ending: 'whole' };
    deliver(outcome, response);
  };
}

function deliver(outcome: Outcome, response: ServerResponse): void {
  if (outcome === 'silence') return;
  if (outcome === 'cut' || outcome.ending === 'cut') {
    response.destroy();
    return;
  }
  const { answer, ending } = outcome;
  if ('stream' in answer) {
    answer.stream(response);
    return;
  }
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
  const half = body.subarray(0, body.length >> 1);
  if (ending === 'half') response.write(half, () => response.destroy());
  else if (ending === 'stalled') response.write(half);
  else response.end(body);
}
