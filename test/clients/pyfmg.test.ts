import { describe, expect, test } from 'vitest';
import { startFortimanagerSimulator } from '../../lib/firewalls/fortimanager/simulator/index.ts';
import { applyTo, commentFor, connectTo, objectNamed } from '../support/firewalls/fortimanager-connection.ts';
import { clients, isMissing } from './against-simulator.ts';
import { runPython } from './python.ts';

const channels = ['feed', 'tags', 'objects'];

describe.skipIf(isMissing)('pyfmg', () => {
  test.each(['password', 'key'] as const)(
    'reads what our module wrote, and our module what it wrote, logged in by %s',
    async (login) => {
      if ('missing' in clients) throw new Error(clients.missing);
      const simulator = await startFortimanagerSimulator({
        workspace: 'normal',
        devices: ['fgt-1', 'fgt-2'],
      });
      try {
        const connection = await connectTo(simulator, { install: 'partial' });
        for (const channel of channels) {
          const object = objectNamed('web', channel);
          const createWith = { comment: commentFor(object.name) };
          await applyTo(connection, object, { createWith, add: ['10.1.0.1', '10.1.0.2'], expectedCount: 2 });
        }
        const mapped = objectNamed('mapped', 'objects');
        const ofDevice = await connectTo(simulator, { install: 'partial', device: { name: 'fgt-1' } });
        await applyTo(ofDevice, mapped, {
          createWith: { comment: commentFor(mapped.name, 'root/fgt-1/root') },
          add: ['10.1.0.3', '10.1.0.4'],
          expectedCount: 2,
        });
        const admin = { session: '', user: 'admin', locking: false };
        const rule = { policyid: 1, srcaddr: ['all'], dstaddr: ['all'] };
        simulator.manager.adom('root').change('pkg/branch/firewall/policy', new Map([['1', rule]]), admin);
        const { name } = objectNamed('web', 'tags');
        const seen = await runPython(clients.python, 'pyfmg_client.py', {
          FORTIMANAGER_PORT: String(simulator.port),
          FORTIMANAGER_OBJECT: name,
          FORTIMANAGER_MAPPED: mapped.name,
          REQUESTS_CA_BUNDLE: simulator.caFile,
          ...(login === 'password'
            ? {
                FORTIMANAGER_USER: simulator.administrator.name,
                FORTIMANAGER_PASSWORD: simulator.administrator.password,
              }
            : { FORTIMANAGER_KEY: simulator.apiKey }),
        });
        expect(seen).toEqual({
          login: 0,
          version: [7, 4, 4],
          feed: ['10.1.0.1', '10.1.0.2', ''],
          tag: ['10.1.0.1', '10.1.0.2'],
          group: ['zb-test-10.1.0.1', 'zb-test-10.1.0.2'],
          address: ['ipmask', ['10.1.0.1', '255.255.255.255']],
          mapping: [[{ name: 'fgt-1', vdom: 'root' }], ['zb-test-10.1.0.3', 'zb-test-10.1.0.4']],
          mapped: [[], [[{ name: 'fgt-1', vdom: 'root' }]]],
          unmapped: -3,
          unlocked: -10147,
          lock: 0,
          add: 0,
          again: -2,
          dangling: -10131,
          member: 0,
          used: -10015,
          mapAgain: -2,
          mapDangling: -10131,
          mapNowhere: -10131,
          map: 0,
          mapUpdate: 0,
          usedByMapping: -10015,
          unmap: 0,
          unmapAgain: -3,
          missing: -3,
          badUrl: -6,
          commit: 0,
          unlock: 0,
          task: [0, 100, 0, 'done'],
          tagged: 0,
          filtered: ['theirs'],
          count: 5,
          package: [
            0,
            0,
            -10147,
            ['branch'],
            // All calls with the key are one session.
            ...(login === 'password' ? ['Workspace is locked by other user'] : []),
            0,
            0,
            'mine',
          ],
          around: [-10147, 0, 0, 0, 0, 0, 0, 0, ['head'], 'baseline'],
        });
        expect([...(await connection.observeMembers(objectNamed('web', 'objects')))].sort()).toEqual([
          '10.1.0.1',
          '10.1.0.2',
          'object:theirs',
        ]);
        expect([...(await ofDevice.observeMembers(mapped))].sort()).toEqual(['10.1.0.3', 'object:theirs']);
        expect([...(await connection.observeMembers(objectNamed('web', 'tags')))].sort()).toEqual([
          '10.1.0.1',
          '10.1.0.2',
          '10.9.0.2',
          'fd00::9',
        ]);
      } finally {
        await simulator.stop();
      }
    },
  );
});
