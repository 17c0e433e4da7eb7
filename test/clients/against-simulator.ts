import { startFortigateSimulator } from '../../lib/firewalls/fortigate/simulator/index.ts';
import type { FortigateSimulator } from '../../lib/firewalls/fortigate/simulator/index.ts';
import { preparePythonClients, runPython } from './python.ts';

/** The clients, installed once per test file; the reason is printed when they are missing. */
export const clients = await preparePythonClients();
if ('missing' in clients) {
  console.warn(clients.missing);
}
export const isMissing = 'missing' in clients;

/** How a client comes in, and whether it is given the authority to trust. */
export interface Visit {
  script: string;
  version: string;
  login: 'token' | 'password';
  trusting?: boolean;
}

/** Starts a device, lets a client of somebody else work on it, and returns what the client saw and what the device holds. */
export async function visit({ script, version, login, trusting = true }: Visit): Promise<{
  seen: Record<string, unknown>;
  simulator: FortigateSimulator;
}> {
  if ('missing' in clients) {
    throw new Error(clients.missing);
  }
  const simulator = await startFortigateSimulator({ version });
  try {
    const { name, password } = simulator.administrator;
    const seen = await runPython(clients.python, script, {
      FORTIGATE_PORT: String(simulator.port),
      FORTIGATE_TOKEN: simulator.token,
      ...(trusting ? { REQUESTS_CA_BUNDLE: simulator.caFile, SSL_CERT_FILE: simulator.caFile } : {}),
      ...(login === 'password' ? { FORTIGATE_USER: name, FORTIGATE_PASSWORD: password } : {}),
    });
    return { seen, simulator };
  } finally {
    await simulator.stop();
  }
}

/** Keys left in a table of the root VDOM. */
export function keysLeft(simulator: FortigateSimulator, table: string): string[] {
  return [...(simulator.device.vdom('root').table(table)?.rows.keys() ?? [])];
}
