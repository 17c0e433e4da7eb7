import { ZonebridgeError } from '../../../core/errors.ts';
import { incomplete, type PanoramaClient } from '../client.ts';
import { textAt, xml, xmlText } from '../xml.ts';
import { awaitJob, failureOf } from './jobs.ts';

/**
 * Makes the pending changes of our administrator effective, and nobody else's. False when the device saw none. Throws
 * `firewall/rejected` with what the device found wrong, `firewall/busy` while somebody holds a lock or another commit keeps this one
 * from beginning, `firewall/outcome-unknown` when the job did not end in time.
 */
export async function commitOwn(client: PanoramaClient): Promise<boolean> {
  const { administrator } = client.settings;
  if (administrator === undefined)
    throw new ZonebridgeError(
      'firewall/unsupported',
      'without `administrator` a commit would take the changes of others',
    );
  const own = xml('partial', {}, [xml('admin', {}, [xmlText('member', administrator)])]);
  const { result } = await client.commit(xml('commit', {}, [own]));
  const id = textAt(result, 'job');
  // Nothing to commit: success without a job, or code 13 for administrators of a custom role.
  if (id === undefined) return false;
  if (!/^\d{1,12}$/.test(id)) throw incomplete('commit');
  const failure = failureOf(await awaitJob(client, id, 'commit'));
  if (failure === undefined) return true;
  throw new ZonebridgeError('firewall/rejected', `commit failed: ${failure}`, { fields: { job: 'commit' } });
}
