// Loaded into the processes of a soak by `node --import`. V8 collects when it must, and on a machine with much memory that is late: what a
// process holds on to could not be told from what it has not yet collected. With this, what grows is what is kept.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const everyMs = 30_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: object) => void;
setInterval(() => collect({ type: 'major', execution: 'sync', flavor: 'regular' }), everyMs).unref();
