import { ZonebridgeError } from '../../../core/errors.ts';
import { printable } from '../../shared/printable.ts';
import { incomplete, type PanoramaClient } from '../client.ts';
import { child, childrenNamed, type Element, textAt, xml, xmlText } from '../xml.ts';

/** Pauses between two looks at a job; a client of the vendor warns that more than one look in two seconds slows it down. */
const pauseMs = 2_000;

/** Jobs that the device remembers, of everybody. Public clients read them by `show jobs all`. */
export async function readJobs(client: PanoramaClient): Promise<Element[]> {
  const { result } = await client.op(xml('show', {}, [xml('jobs', {}, [xml('all')])]), 'device');
  if (!result) throw incomplete('op show jobs all');
  return childrenNamed(result, 'job');
}

/** Numbers rise with the time at which jobs came. */
export function numberOf(job: Element): number {
  const id = textAt(job, 'id') ?? '';
  if (!/^\d{1,12}$/.test(id)) throw incomplete('op show jobs');
  return Number(id);
}

/** A commit or push that our administrator started. */
export function isOwn(client: PanoramaClient, job: Element): boolean {
  const type = textAt(job, 'type');
  return (type === 'Commit' || type === 'CommitAll') && textAt(job, 'user') === client.settings.administrator;
}

/**
 * Waits until no commit or push goes on that an earlier run began: what it does is not to be seen before. Throws
 * `firewall/outcome-unknown` when one outlasts the time of this run, too.
 */
export async function awaitOwnJobs(client: PanoramaClient): Promise<void> {
  for (const job of await readJobs(client))
    if (isOwn(client, job) && !hasEnded(job))
      await awaitJob(client, String(numberOf(job)), 'an earlier commit or push');
}

/** Whether a commit of anybody goes on. */
export async function isCommitting(client: PanoramaClient): Promise<boolean> {
  return (await readJobs(client)).some((job) => textAt(job, 'type') === 'Commit' && !hasEnded(job));
}

/** The job when it has ended, well or not. Throws `firewall/outcome-unknown` when that takes too long or cannot be seen. */
export async function awaitJob(client: PanoramaClient, id: string, what: string): Promise<Element> {
  for (;;) {
    const job = await readJob(client, id, what);
    if (hasEnded(job)) return job;
    if (client.clock.now() + pauseMs >= client.deadline)
      throw new ZonebridgeError(
        'firewall/outcome-unknown',
        `${what}: job ${id} goes on, at ${printable(textAt(job, 'progress') ?? '?')} percent; it is looked at again`,
      );
    await client.clock.sleep(pauseMs);
  }
}

/** A look that fails says nothing about the job. */
async function readJob(client: PanoramaClient, id: string, what: string): Promise<Element> {
  const command = xml('show', {}, [xml('jobs', {}, [xmlText('id', id)])]);
  const answer = await client.op(command, 'device').catch((error: unknown) => {
    if (!(error instanceof ZonebridgeError)) throw error;
    throw new ZonebridgeError(
      'firewall/outcome-unknown',
      `${what}: job ${id} cannot be seen: ${error.message}`,
      { cause: error, fields: error.fields },
    );
  });
  const job = child(answer.result, 'job');
  if (!job)
    throw new ZonebridgeError('firewall/outcome-unknown', `${what}: there is no job ${id} to be seen`);
  return job;
}

/** A push has ended when all its firewalls have, which may be later than the job itself says. */
function hasEnded(job: Element): boolean {
  return (
    textAt(job, 'status') === 'FIN' && devicesOf(job).every((device) => textAt(device, 'result') !== 'PEND')
  );
}

/** Serial numbers of the firewalls on which a push has ended well. */
export function serialsDone(job: Element): ReadonlySet<string | undefined> {
  const done = devicesOf(job).filter((device) => textAt(device, 'result') === 'OK');
  return new Set(done.map((device) => textAt(device, 'serial-no')));
}

/** What went wrong, in one line that may be printed; undefined when nothing did. */
export function failureOf(job: Element): string | undefined {
  const failed = devicesOf(job).filter((device) => textAt(device, 'result') !== 'OK');
  if (textAt(job, 'result') === 'OK' && failed.length === 0) return undefined;
  const lines = childrenNamed(child(job, 'details'), 'line').map(({ text }) => text.trim());
  const devices = failed.map((device) => {
    const why = childrenNamed(child(device, 'details', 'msg', 'errors'), 'line').map(({ text }) =>
      text.trim(),
    );
    return `${textAt(device, 'devicename') ?? '?'} (${textAt(device, 'serial-no') ?? '?'}): ${why.join(', ') || 'failed'}`;
  });
  return printable([...devices, ...lines]) || 'no reason given';
}

function devicesOf(job: Element): Element[] {
  return childrenNamed(child(job, 'devices'), 'entry');
}
