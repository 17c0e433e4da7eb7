import { expect, test } from 'vitest';
import { readEnvironment } from './environment.ts';

const good = {
  ZONEBRIDGE_BUS: 'zonebridge-prod',
  ZONEBRIDGE_QUEUE: 'zonebridge-prod-agent-shop',
  ZONEBRIDGE_SOURCE: 'zonebridge.cluster.111122223333.eu-central-1.shop',
  AWS_REGION: 'eu-central-1',
};

test('the port is closed to others unless asked for', () => {
  expect(readEnvironment(good)).toMatchObject({ host: '127.0.0.1', port: 8080, kubeconfig: undefined });
  expect(readEnvironment({ ...good, ZONEBRIDGE_HOST: '*', ZONEBRIDGE_PORT: '0' })).toMatchObject({
    host: undefined,
    port: 0,
  });
});

test('a context of the kubeconfig can be named', () => {
  expect(readEnvironment(good).context).toBeUndefined();
  expect(readEnvironment({ ...good, ZONEBRIDGE_CONTEXT: 'mine' }).context).toBe('mine');
});

test('everything that is wrong is said at once', () => {
  expect(() =>
    readEnvironment({
      ...good,
      ZONEBRIDGE_BUS: '',
      ZONEBRIDGE_SOURCE: 'zonebridge.cluster.x',
      ZONEBRIDGE_PORT: '99999',
      ZONEBRIDGE_NETWORK_REPORT: 'false',
    }),
  ).toThrow(
    /ZONEBRIDGE_BUS is not set; ZONEBRIDGE_SOURCE is not of the form .*; ZONEBRIDGE_PORT is not a port; ZONEBRIDGE_NETWORK_REPORT is neither on nor off/,
  );
});

test('the network is told unless that is switched off', () => {
  expect(readEnvironment(good).tellNetwork).toBe(true);
  expect(readEnvironment({ ...good, ZONEBRIDGE_NETWORK_REPORT: 'off' }).tellNetwork).toBe(false);
});

test('services are told where that is switched on', () => {
  expect(readEnvironment(good).services).toBe('off');
  expect(readEnvironment({ ...good, ZONEBRIDGE_SERVICES: 'all' }).services).toBe('all');
  expect(() => readEnvironment({ ...good, ZONEBRIDGE_SERVICES: 'yes' })).toThrow(/none of off, on and all/);
});

test('a Lease chooses the leader unless that is switched off', () => {
  expect(readEnvironment(good).lease).toBe('zonebridge-agent');
  expect(readEnvironment({ ...good, ZONEBRIDGE_LEASE: 'other.lease' }).lease).toBe('other.lease');
  expect(readEnvironment({ ...good, ZONEBRIDGE_LEASE: 'off' }).lease).toBeUndefined();
  expect(() => readEnvironment({ ...good, ZONEBRIDGE_LEASE: '../pods/x' })).toThrow(/ZONEBRIDGE_LEASE/);
});

test('what the hub may write comes with a bucket, a place in it and a key, or not at all', () => {
  const base = {
    ZONEBRIDGE_BUS: 'zonebridge-prod',
    ZONEBRIDGE_QUEUE: 'zonebridge-prod-agent-shop',
    ZONEBRIDGE_SOURCE: 'zonebridge.cluster.111122223333.eu-central-1.shop',
    AWS_REGION: 'eu-central-1',
  };
  expect(readEnvironment(base).wayBack).toBeUndefined();
  expect(() => readEnvironment({ ...base, ZONEBRIDGE_WRITES: 'group-status,secrets' })).toThrow(
    /names secrets.*BUCKET.*PREFIX.*KEYS/,
  );
  const more = {
    ZONEBRIDGE_WRITES: 'group-status',
    ZONEBRIDGE_DESIRED_BUCKET: 'b',
    ZONEBRIDGE_DESIRED_PREFIX: 'shop',
    ZONEBRIDGE_DESIRED_KEYS: 'one, two',
  };
  expect(readEnvironment({ ...base, ...more }).wayBack).toEqual({
    bucket: 'b',
    cluster: 'shop',
    publicKeys: ['one', 'two'],
    enabled: ['group-status'],
    namespace: 'zonebridge',
  });
});
