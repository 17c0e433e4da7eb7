import { expect, test } from 'vitest';
import { isWell, readStatus } from '../../lib/app/commands/status.ts';
import { daysLeft } from '../../lib/core/model/certificate.ts';
import { startFortigateSimulator } from '../../lib/firewalls/fortigate/simulator/index.ts';
import { connectTo } from '../support/firewalls/fortigate-connection.ts';
import { group, World } from '../support/world.ts';

const day = 86_400_000;

test.each([
  [31, true],
  [29, false],
  [-1, false],
])('a comparison notes that the certificate ends in %i days', async (days, well) => {
  const world = await World.start([group('web')]);
  const validTo = world.clock.now() + days * day + 60_000;
  world.device.certificate = { subject: 'edge.example.com', validTo };
  await world.reconcile();
  expect(world.telemetry.valuesOf('CertificateDays')).toEqual([days]);
  const status = await readStatus(world);
  expect(status.firewalls[0]!.certificate).toEqual({ subject: 'edge.example.com', validTo });
  expect(isWell(status)).toBe(well);
});

test('a FortiGate shows its certificate on connections that are made anyway, also when TLS sessions are resumed', async () => {
  const simulator = await startFortigateSimulator({ certificateDays: 20 });
  try {
    for (let run = 0; run < 3; run++) {
      const connection = await connectTo(simulator);
      if (run === 0) expect(connection.certificate?.()).toBeUndefined();
      await connection.identity();
      const seen = connection.certificate?.();
      expect(seen?.subject).toBe('127.0.0.1');
      expect(daysLeft(seen!.validTo, Date.now())).toBe(19);
      await connection.close();
    }
  } finally {
    await simulator.stop();
  }
});
