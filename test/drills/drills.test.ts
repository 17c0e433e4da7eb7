import { beforeAll, describe, expect, test, vi } from 'vitest';
import { synthesise } from '../stack/support.ts';
import { drills } from './drills.ts';
import { useDrillTime } from './support/deployed-functions.ts';
import { type Deployment, readDeployment } from './support/deployment.ts';
import { DrillHub, drillConfiguration } from './support/drill-hub.ts';
import { drillModules } from './support/drill-lists.ts';

vi.mock(
  '../../lib/app/compose.ts',
  async () => (await import('./support/deployed-functions.ts')).composition,
);

vi.mock(
  '../../lib/app/compose-devices.ts',
  async () => (await import('./support/deployed-functions.ts')).deviceComposition,
);

vi.mock(
  '../../lib/app/compose-archive.ts',
  async () => (await import('./support/deployed-functions.ts')).archiveComposition,
);

vi.mock(
  '../../lib/app/compose-bus.ts',
  async () => (await import('./support/deployed-functions.ts')).busComposition,
);

vi.mock(
  '../../lib/app/compose-lists.ts',
  async () => (await import('./support/deployed-functions.ts')).listsComposition,
);

vi.mock(
  '../../lib/app/compose-rotation.ts',
  async () => (await import('./support/deployed-functions.ts')).rotationComposition,
);

vi.mock(
  '../../lib/app/compose-way-back.ts',
  async () => (await import('./support/deployed-functions.ts')).publishingComposition,
);

vi.mock(
  '../../lib/app/compose-installer.ts',
  async () => (await import('./support/deployed-functions.ts')).installerComposition,
);

vi.mock(
  '../../lib/app/compose-signer.ts',
  async () => (await import('./support/deployed-functions.ts')).signerComposition,
);

vi.mock(
  '../../lib/app/compose-compute.ts',
  async () => (await import('./support/deployed-functions.ts')).computeComposition,
);

let deployment: Deployment;

beforeAll(() => {
  deployment = readDeployment(synthesise(drillConfiguration(), {}, { modules: drillModules }));
  useDrillTime();
}, 120_000);

test('every alarm of the templates has a drill here, and every drill an alarm', () => {
  const alarms = deployment.alarms.map(({ name }) => name.replace('zonebridge-test-', ''));
  expect(alarms.length).toBeGreaterThan(20);
  expect([...new Set(drills.map(({ alarm }) => alarm))].sort()).toEqual(alarms.sort());
});

test('a hub that runs well for two hours raises no alarm', async () => {
  const hub = await DrillHub.start(deployment);
  const seen = new Set<string>();
  for (let minute = 0; minute < 120; minute++) {
    if (minute % 7 === 0) await hub.pods(['d', `10.1.1.${minute}`]);
    await hub.minutes(1);
    for (const [alarm, state] of hub.states) if (state !== 'OK') seen.add(`${alarm}: ${state}`);
  }
  expect(hub.world.on('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.1.119']);
  expect([...seen]).toEqual([]);
  expect(hub.states.size).toBe(deployment.alarms.length);
});

describe.each(drills)('$alarm: $fault', (drill) => {
  test('fires, and ends when it is mended', async () => {
    const hub = await DrillHub.start(deployment);
    expect(hub.states.get(drill.alarm)).toBe('OK');
    await drill.start(hub);
    await hub.until(drill.alarm, 'ALARM', drill.minutes);
    expect(hub.states.get(drill.alarm)).toBe('ALARM');
    if (!drill.mend) return;
    await drill.mend(hub);
    await hub.until(drill.alarm, 'OK', 60);
    expect(hub.states.get(drill.alarm)).toBe('OK');
  });
});
