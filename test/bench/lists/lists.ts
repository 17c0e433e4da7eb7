import { parseArgs } from 'node:util';
import { fromLoadBalancer, toLoadBalancer } from '../../../lib/app/lists/load-balancer.ts';
import { basic, ListWorld, passwords } from '../../support/list-world.ts';
import type { Benchmark } from '../benchmark.ts';
import { monthlyCost } from './cost.ts';

interface Figures {
  path: string;
  /** Milliseconds of one core for one answer, from the event of the load balancer to the answer for it. */
  meanMs: number;
  p99Ms: number;
  /** JSON that the function gives back, in bytes. */
  bytes: number;
  bucketCalls: number;
  writeUnits: number;
  readUnits: number;
}

export const lists: Benchmark = {
  usage:
    'firewalls that fetch a list every minute: time, calls and cost of an answer [--firewalls 10000] [--entries 5000] [--json]',
  async run(options) {
    const { values } = parseArgs({
      args: options,
      options: {
        firewalls: { type: 'string', default: '10000' },
        entries: { type: 'string', default: '5000' },
        json: { type: 'boolean', default: false },
      },
    });
    const firewalls = whole(values.firewalls, 1_000_000);
    const entries = whole(values.entries, 20_000);
    const world = await ListWorld.start();
    try {
      const all = Array.from({ length: entries }, (_, at) => `10.1.${at >> 8}.${at & 255}`);
      const path = `/${await world.publish('web', all)}`;
      const { headers } = await world.fetch(path);
      const known = { 'if-none-match': headers['etag'] ?? '' };
      const figures = [
        // The first minute notes all of them once, the others every fifth one again.
        await measure(world, { name: '304, in the first minute', firewalls, path, headers: known }),
        await measure(world, { name: '304, in the next five', firewalls, path, headers: known, minutes: 5 }),
        await measure(world, {
          name: '200 compressed',
          firewalls: 2_000,
          path,
          headers: { 'accept-encoding': 'gzip' },
        }),
        await measure(world, { name: '200 plain', firewalls: 2_000, path, headers: {} }),
      ];
      const cost = monthlyCost({ firewalls, millisecondsEach: figures[1]?.meanMs ?? 0 });
      if (values.json) console.log(JSON.stringify({ firewalls, entries, figures, cost }));
      else {
        console.table(figures);
        console.table(cost);
      }
    } finally {
      await world.stop();
    }
  },
};

/** Every firewall asks once a minute, evenly; the clock of the world goes along. */
async function measure(
  { server, world, bucket }: ListWorld,
  request: {
    name: string;
    firewalls: number;
    path: string;
    headers: Record<string, string>;
    minutes?: number;
  },
): Promise<Figures> {
  const { firewalls, path, minutes = 1 } = request;
  const authorization = [basic('branch', passwords.branch).authorization];
  const more = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value]]));
  const calls = () => bucket.requests.list().reduce((sum, { count }) => sum + count, 0);
  const before = calls();
  world.tables.resetUsage();
  const times: number[] = [];
  let bytes = 0;
  for (let at = 0; at < firewalls * minutes; at++) {
    await world.clock.sleep(60_000 / firewalls);
    const number = at % firewalls;
    const multiValueHeaders = {
      ...more,
      authorization,
      'x-forwarded-for': [`10.9.${(number >> 8) & 255}.${number & 255}`],
    };
    const begin = performance.now();
    const answer = toLoadBalancer(
      await server.answer(fromLoadBalancer({ httpMethod: 'GET', path, multiValueHeaders })),
    );
    times.push(performance.now() - begin);
    if (at === 0) bytes = JSON.stringify(answer).length;
  }
  times.sort((one, other) => one - other);
  const { writeUnits, readUnits } = world.tables.usage;
  return {
    path: request.name,
    meanMs: round(times.reduce((sum, time) => sum + time, 0) / times.length),
    p99Ms: round(times[Math.floor(times.length * 0.99)] ?? 0),
    bytes,
    bucketCalls: calls() - before,
    writeUnits,
    readUnits,
  };
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

function whole(text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most)
    throw new RangeError(`${text} is no number from 1 to ${most}`);
  return value;
}
