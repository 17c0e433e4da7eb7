import { expect, test } from 'vitest';
import { edited, load, problemsOf } from './test-document.ts';

const ha = 'ha: { serials: [FGVMEVABCD0001, FGVMEVABCD0002] }';
const first = (address: string, standby: string) =>
  [
    '    address: 10.0.0.10\n',
    `    address: ${address}\n    standby: { address: ${standby} }\n    ${ha}\n`,
  ] as const;
const second = (address: string, more = '') =>
  [
    '\ngroups:',
    `
  edge-2:
    kind: fortigate
    network: datacenter
    realms: [default]
    address: ${address}${more}
    vdom: dmz
    version: "7.4.4"
    managedBy: none
    caFile: edge-1-ca.pem
groups:`,
  ] as const;

test.each([
  ['the same order', '10.0.0.10', `\n    standby: { address: 10.0.0.11 }\n    ${ha}`],
  ['the first unit alone', '10.0.0.10', ''],
  ['another pair', '10.0.0.20', `\n    standby: { address: 10.0.0.21 }\n    ${ha}`],
  ['another port of the second unit', '10.0.0.11', '\n    port: 8443'],
])('a pair may be named by two entries: %s', async (_, address, more) => {
  await load(edited(first('10.0.0.10', '10.0.0.11'), second(address, more)));
});

test('a pair that is named from its two ends is refused at both', async () => {
  const other = second('FW-B.example', `\n    standby: { address: 10.0.0.10 }\n    ${ha}`);
  expect(await problemsOf(edited(first('10.0.0.10', 'fw-b.example'), other))).toMatchObject([
    { path: 'firewalls.edge-1.standby', message: expect.stringMatching(/unit that edge-2 has as its/) },
    { path: 'firewalls.edge-2.standby', message: expect.stringMatching(/unit that edge-1 has as its/) },
  ]);
});

test('so is one whose second unit is an entry of its own', async () => {
  expect(await problemsOf(edited(first('10.0.0.10', '10.0.0.11'), second('10.0.0.11')))).toMatchObject([
    { path: 'firewalls.edge-1.standby', message: expect.stringMatching(/edge-2/) },
  ]);
});
