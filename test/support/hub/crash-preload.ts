// Loaded into a deployed function by `node --import`, from outside: the function knows nothing of it. It looks at every request that
// leaves the process and, at one that the test has named, ends the process as a lost machine would: no `finally`, no handler runs.
import { subscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { ClientRequest, OutgoingMessage } from 'node:http';
import { join } from 'node:path';
import type { Arming } from './crash.ts';

const directory = process.env['CRASH_DIRECTORY'] ?? '';
const self = process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? '';
/** Matching requests since the arming was first seen, by its name. */
const seen = new Map<string, number>();

function look(request: string, moment: Arming['when']): void {
  for (const file of readdirSync(join(directory, 'armed'))) {
    const armed = join(directory, 'armed', file);
    const arming = read(armed);
    if (!arming || arming.when !== moment || !self.includes(arming.function)) continue;
    if (!arming.request.every((part) => request.includes(part))) continue;
    const count = (seen.get(file) ?? 0) + 1;
    seen.set(file, count);
    if (count < arming.nth) continue;
    // Whoever moves the file has it: each arming ends one process, once.
    renameSync(armed, join(directory, 'fired', file));
    process.kill(process.pid, 'SIGKILL');
  }
}

/** Another process may have taken it meanwhile. */
function read(path: string): Arming | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Arming;
  } catch {
    return undefined;
  }
}

// Services of AWS: the clients use node:http, and give the whole body to `end`.
const end = Reflect.get(OutgoingMessage.prototype, 'end') as CallableFunction;
ClientRequest.prototype.end = function (this: ClientRequest, ...parameters: unknown[]) {
  const [body] = parameters;
  const content = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body).toString() : '';
  const target = this.getHeader('x-amz-target');
  const text = `${typeof target === 'string' ? target : `${this.method} ${this.path}`} ${content}`;
  this.once('response', () => look(text, 'after'));
  look(text, 'before');
  return Reflect.apply(end, this, parameters) as ClientRequest;
} as ClientRequest['end'];

// Firewalls: undici tells of each request, and of its answer.
interface Dispatched {
  request: { origin: string; method: string; path: string; body?: unknown };
}

function ofDevice(message: unknown): string {
  const { origin, method, path, body } = (message as Dispatched).request;
  return `${method} ${origin}${path} ${typeof body === 'string' ? body : ''}`;
}

subscribe('undici:request:create', (message) => look(ofDevice(message), 'before'));
subscribe('undici:request:headers', (message) => look(ofDevice(message), 'after'));
