import { afterEach, describe, expect, test } from 'vitest';
import { connectTo, objectNamed } from '../../../../test/support/firewalls/panorama-connection.ts';
import type { FirewallConnection } from '../../../core/firewall.ts';
import type { SimulatorOptions } from '../simulator/index.ts';
import { type PanoramaSimulator, startPanoramaSimulator } from '../simulator/index.ts';

const web = objectNamed('web');

let simulator: PanoramaSimulator;
let connection: FirewallConnection;
afterEach(async () => {
  await connection.close();
  await simulator.stop();
});

async function start(size: number, options: SimulatorOptions = {}): Promise<void> {
  simulator = await startPanoramaSimulator(options);
  connection = await connectTo(simulator);
  for (let index = 0; index < size; index++) put(`10.1.${index >> 8}.${index & 255}`);
}

function put(ip: string): void {
  simulator.device.table().register(ip, [{ name: web.name, timeoutSeconds: 0 }]);
}

/** Takes the first row off and puts another one at the end, after each of so many pages. The number of rows stays the same. */
function moveAfter(pages: number): void {
  const table = simulator.device.table();
  const rows = table.rows.bind(table);
  let left = pages;
  table.rows = () => {
    const read = rows();
    if (left-- > 0) {
      table.unregister(read[0]!.ip, [web.name]);
      put(`10.9.0.${left & 255}`);
    }
    return read;
  };
}

describe('a list of several pages that moves while it is read', () => {
  test.each(['page', 'total'] as const)('is read again, with count of the %s', async (count) => {
    await start(1_200, { behaviour: { count } });
    moveAfter(2);
    const members = await connection.observeMembers(web);
    const rows = simulator.device.table().rows();
    expect([...members].sort()).toEqual(rows.map(({ ip }) => ip).sort());
  });

  test('is no answer when it does so again and again', async () => {
    await start(1_200);
    moveAfter(Infinity);
    const list = connection.observeMembers(web);
    await expect(list).rejects.toMatchObject({ code: 'firewall/unexpected-answer' });
  });
});

test.each([
  [499, 1],
  [500, 2],
  [999, 3],
  [1_200, 3],
])('a list of %s is %s reads when nothing moves', async (size, reads) => {
  await start(size);
  expect(await connection.observeMembers(web)).toHaveLength(size);
  expect(simulator.seen.reads).toBe(reads);
});
