import { describe, expect, test } from 'vitest';
import type { FirewallConnection } from '../../lib/core/firewall.ts';
import { type FmcSimulator, startFmcSimulator } from '../../lib/firewalls/cisco-fmc/simulator/index.ts';
import { addressesIn, connectFmc, fmcComment, fmcObject } from '../support/firewalls/fmc-connection.ts';
import { clients, isMissing } from './against-simulator.ts';
import { runPython } from './python.ts';

const web = fmcObject('web');
const exits = fmcObject('exits', 'objects');
/** Several pages for a client that takes 25 at a time. */
const addresses = [...addressesIn(1, 260), 'fd00::1'];

/** Lets our module write, a client of somebody else read and write, and returns what the client saw and a connection to look again. */
async function after(
  script: string,
  version: string,
): Promise<{ seen: Record<string, unknown>; connection: FirewallConnection; simulator: FmcSimulator }> {
  if ('missing' in clients) throw new Error(clients.missing);
  const simulator = await startFmcSimulator({ version });
  const connection = await connectFmc(simulator);
  const own = (name: string) => ({ createWith: { comment: fmcComment(name) }, remove: [] });
  await connection.apply([
    { object: web, ...own(web.name), add: addresses, expectedCount: addresses.length },
    { object: exits, ...own(exits.name), add: ['10.9.0.1', 'fd00::9'], expectedCount: 2 },
  ]);
  const { user, password, apiToken } = simulator.credentials;
  const login: Record<string, string> =
    version === 'cdfmc' ? { FMC_TOKEN: apiToken } : { FMC_USER: user, FMC_PASSWORD: password };
  const seen = await runPython(clients.python, script, {
    ...login,
    FMC_PORT: String(simulator.port),
    REQUESTS_CA_BUNDLE: simulator.caFile,
    OURS: web.name,
    OUR_GROUP: exits.name,
  });
  return { seen, connection, simulator };
}

describe.skipIf(isMissing)('clients of an FMC that we did not write', () => {
  test.each(['7.4.1', '10.0', 'cdfmc'])(
    'fmcapi reads what we wrote on %s, and we see what it wrote',
    async (version) => {
      const { seen, connection, simulator } = await after('fmcapi_client.py', version);
      expect(seen).toMatchObject({
        ours: [web.name, fmcComment(web.name), 'IP'],
        mappings: [...addresses].sort(),
        literals: ['10.9.0.1', 'fd00::9'],
        changed: addresses.length + 1,
        theirs: 'theirs',
        duplicate: 'Duplicate Name: an object with the name theirs already exists.',
        deleted: true,
        host: '10.3.0.1',
      });
      const [removed] = [...addresses].sort();
      const members = new Set(await connection.observeMembers(web));
      const left = addresses.filter((address) => address !== removed);
      expect(members).toEqual(new Set([...left, '10.200.0.1', '10.201.0.0/16']));
      await connection.close();
      await simulator.stop();
    },
  );

  test.each(['7.0', '7.7', 'cdfmc'])(
    'fireREST reads what we wrote on %s, and we see what it wrote',
    async (version) => {
      const { seen, connection, simulator } = await after('firerest_client.py', version);
      expect(seen).toMatchObject({
        ours: [web.name, fmcComment(web.name), 'zonebridge-test'],
        mappings: [...addresses].sort(),
        literals: ['10.9.0.1', 'fd00::9'],
        created: 'theirs',
        theirs: ['10.1.0.2'],
        deleted: 'theirs',
        bulk: ['h0', 'h1', 'h2'],
        rules: [
          ['first', 1, 'base'],
          ['own', 2, 'heir'],
          ['last', 3, 'base'],
          ['very last', 4, 'base'],
        ],
        deployed: [1, 'SUCCEEDED', 0],
      });
      expect(new Set(await connection.observeMembers(web))).toEqual(new Set([...addresses, '10.200.0.1']));
      expect((await connection.references(web)).users).toHaveLength(4);
      await connection.close();
      await simulator.stop();
    },
  );
});
