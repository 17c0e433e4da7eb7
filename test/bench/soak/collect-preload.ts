// Loaded into the processes of a soak by `node --import`. V8 collects when it must, and on a machine with much memory that is late: what a
// process holds on to could not be told from what it has not yet collected. With this, what grows is what is kept. It is written down beside
// the collection, with what the process has outside of V8: V8 gives pages back late as well, and its own reserve is no leak.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const everyMs = 30_000;
const directory = process.env['SOAK_MEMORY'];

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: object) => void;
setInterval(() => {
  collect({ type: 'major', execution: 'sync', flavor: 'regular' });
  if (!directory) return;
  const { heapUsed, heapTotal, external, rss } = process.memoryUsage();
  const [kept, outside] = [heapUsed + external, rss - heapTotal - external].map((bytes) => bytes / 2 ** 20);
  appendFileSync(join(directory, String(process.pid)), `${JSON.stringify({ kept, outside })}\n`);
}, everyMs).unref();
