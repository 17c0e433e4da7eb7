import { fromLoadBalancer, toLoadBalancer } from '../app/lists/load-balancer.ts';
import type { ListServer } from '../app/lists/serve-lists.ts';
import { makeServerCertificate } from '../simulators/certificates.ts';
import { TlsServer } from '../simulators/tls-server.ts';

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
export async function openListFront(server: () => ListServer, from: string): Promise<ListFront> {
  const certificate = await makeServerCertificate('Load balancer');
  const front: ListFront = {
    url: '',
    ca: certificate.ca,
    from,
    answered: [],
    stop: async () => undefined,
  };
  const listener = new TlsServer(certificate, 0, async (request, response) => {
    const headers = { ...request.headersDistinct };
    headers['x-forwarded-for'] = [[...(headers['x-forwarded-for'] ?? []), front.from].join(', ')];
    const event = {
      httpMethod: request.method ?? '',
      path: (request.url ?? '').split('?')[0] ?? '',
      multiValueHeaders: headers,
    };
    const answer = toLoadBalancer(await server().answer(fromLoadBalancer(event)));
    front.answered.push(answer.statusCode);
    response.writeHead(answer.statusCode, answer.multiValueHeaders);
    response.end(Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8'));
  });
  await listener.open();
  front.url = `https://127.0.0.1:${listener.port}`;
  front.stop = async () => {
    await listener.close();
    await certificate.discard();
  };
  return front;
}
