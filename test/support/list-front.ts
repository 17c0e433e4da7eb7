import { fromLoadBalancer, toLoadBalancer } from '../../lib/app/lists/load-balancer.ts';
import { makeServerCertificate } from '../../lib/simulators/certificates.ts';
import { TlsServer } from '../../lib/simulators/tls-server.ts';
import type { ListWorld } from './list-world.ts';

export interface ListFront {
  url: string;
  ca: string;
  /** Address that the load balancer sees. */
  from: string;
  /** Statuses in the order in which they were answered. */
  answered: number[];
  stop(): Promise<void>;
}

/** Stands where the load balancer stands: HTTPS in front of what serves the lists, with events of its form. */
export async function listFront(lists: ListWorld): Promise<ListFront> {
  const certificate = await makeServerCertificate('Load balancer');
  const front: ListFront = {
    url: '',
    ca: certificate.ca,
    from: '10.9.1.1',
    answered: [],
    stop: async () => undefined,
  };
  const server = new TlsServer(certificate, 0, async (request, response) => {
    const headers = { ...request.headersDistinct };
    headers['x-forwarded-for'] = [[...(headers['x-forwarded-for'] ?? []), front.from].join(', ')];
    const event = {
      httpMethod: request.method ?? '',
      path: (request.url ?? '').split('?')[0] ?? '',
      multiValueHeaders: headers,
    };
    const answer = toLoadBalancer(await lists.server.answer(fromLoadBalancer(event)));
    front.answered.push(answer.statusCode);
    response.writeHead(answer.statusCode, answer.multiValueHeaders);
    response.end(Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8'));
  });
  await server.open();
  front.url = `https://127.0.0.1:${server.port}`;
  front.stop = async () => {
    await server.close();
    await certificate.discard();
  };
  return front;
}
