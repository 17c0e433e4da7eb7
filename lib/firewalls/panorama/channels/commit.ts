import { ZonebridgeError } from '../../../core/errors.ts';
import { printable } from '../../shared/printable.ts';
import { incomplete, type PanoramaClient } from '../client.ts';
import type { Envelope } from '../envelope.ts';
import { child, childrenNamed, type Element, textAt, xml, xmlText } from '../xml.ts';

/** Pauses between two looks at a job; a client of the vendor warns that more than one look in two seconds slows it down. */
const pauseMs = 2_000;

/**
 * Makes the pending changes of our administrator effective, and nobody else's. With `push` the device group goes to its firewalls
 * afterwards, which have it only then. Throws `firewall/rejected` with what the device found wrong, `firewall/busy` while somebody holds
 * a lock or another commit keeps this one from beginning, `firewall/outcome-unknown` when the job did not end in time.
 */
export async function commitOwn(client: PanoramaClient): Promise<void> {
  const { administrator, push, deviceGroup } = client.settings;
  if (administrator === undefined)
    throw new ZonebridgeError(
      'firewall/unsupported',
      'without `administrator` a commit would take the changes of others',
    );
  const own = xml('partial', {}, [xml('admin', {}, [xmlText('member', administrator)])]);
  await waitFor(client, await client.commit(xml('commit', {}, [own])), 'commit');
  if (push !== undefined && deviceGroup !== undefined)
    await waitFor(client, await client.commit(pushOf(client, administrator, deviceGroup), 'all'), 'push');
}

/** Before 10.2 a push takes whatever is committed for the device group; from then on that of one administrator. */
function pushOf(client: PanoramaClient, administrator: string, deviceGroup: string): Element {
  const version = client.lastIdentity()?.version ?? client.settings.version;
  const admin = version.startsWith('10.1') ? [] : [xml('admin', {}, [xmlText('member', administrator)])];
  const group = xml('device-group', {}, [xml('entry', { name: deviceGroup })]);
  return xml('commit-all', {}, [xml('shared-policy', {}, [...admin, group])]);
}

async function waitFor(client: PanoramaClient, started: Envelope, what: string): Promise<void> {
  const id = textAt(started.result, 'job');
  // Nothing to commit: success without a job, or code 13 for administrators of a custom role.
  if (id === undefined) return;
  if (!/^\d{1,12}$/.test(id)) throw incomplete(what);
  for (;;) {
    const job = await readJob(client, id, what);
    if (hasEnded(job)) {
      refuseFailure(job, what);
      return;
    }
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
      {
        cause: error,
        fields: error.fields,
      },
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

function devicesOf(job: Element): Element[] {
  return childrenNamed(child(job, 'devices'), 'entry');
}

function refuseFailure(job: Element, what: string): void {
  const failed = devicesOf(job).filter((device) => textAt(device, 'result') !== 'OK');
  if (textAt(job, 'result') === 'OK' && failed.length === 0) return;
  const lines = childrenNamed(child(job, 'details'), 'line').map(({ text }) => text.trim());
  const devices = failed.map((device) => {
    const why = childrenNamed(child(device, 'details', 'msg', 'errors'), 'line').map(({ text }) =>
      text.trim(),
    );
    return `${textAt(device, 'devicename') ?? '?'} (${textAt(device, 'serial-no') ?? '?'}): ${why.join(', ') || 'failed'}`;
  });
  const said = printable([...devices, ...lines]);
  const fields = { job: what };
  throw new ZonebridgeError('firewall/rejected', `${what} failed: ${said || 'no reason given'}`, { fields });
}
