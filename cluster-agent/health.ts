import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics } from 'prom-client';
import type { AgentStatus } from './lib/status.ts';

/**
 * Serves what is known about the agent, and keeps the process alive: a follower has nothing else that does between two looks at the Lease.
 * - `/healthz`: 200 while the process answers; a restart helps against nothing else, so nothing else fails it.
 * - `/readyz`: 200 when the hub gave an epoch and accepted the state at start, and the Kubernetes API is heard; else 503.
 * - `/metrics`: Prometheus text.
 */
export async function serveHealth(
  status: AgentStatus,
  listen: { host: string | undefined; port: number },
): Promise<{ port: number; server: Server }> {
  collectDefaultMetrics({ register: status.registry });
  const server = createServer((request, response) => {
    const json = (code: number) => {
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(status.report())}\n`);
    };
    switch (request.url ?? '') {
      case '/healthz':
        return json(200);
      case '/readyz':
        return json(status.ready ? 200 : 503);
      case '/metrics':
        status.registry.metrics().then(
          (text) => response.writeHead(200, { 'content-type': status.registry.contentType }).end(text),
          () => response.writeHead(500).end(),
        );
        return undefined;
      default:
        response.writeHead(404).end();
        return undefined;
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ port: listen.port, host: listen.host }, resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}
