import { ZonebridgeError } from '../../../core/errors.ts';
import type { Outcome } from '../../../core/firewall.ts';
import { type Attempt, openReport } from '../../shared/attempt.ts';
import type { PanoramaClient } from '../client.ts';
import type { Pending } from './outcomes.ts';
import { tagsOf } from './registered.ts';
import { isBenign, type Operation, type RefusedEntry, sendUid } from './uid-message.ts';

/** What the channel does for it: sends ordinary changes, and settles one that was refused for good. */
export interface Sender {
  client: PanoramaClient;
  attempt: Attempt;
  send(changes: readonly Pending[]): Promise<void>;
  fail(one: { change: Pending; message: string }): Promise<void>;
}

/**
 * Begins the time of one tag on these addresses anew, in one message that takes it off and puts it on again: what reaches the device reaches
 * it whole. No source says whether registering alone would do, and most versions refuse a pair that is there. Assumption: taking off comes
 * first, as it stands in the message; one address is read back, and where it is missing all of them are registered again.
 */
export async function renewTags(by: Sender, changes: readonly Pending[]): Promise<void> {
  const offs = changes.map((change): Pending => ({ ...change, op: 'unregister' }));
  let refused: readonly RefusedEntry[] = [];
  const sent = await by.attempt.step(async () => {
    refused = await sendUid(by.client, [...offs, ...changes]);
  });
  if (sent.state !== 'done') {
    for (const change of changes) change.report.outcomes.set(change.asked, sent);
    return;
  }
  const said = (op: Operation, { ip }: Pending) => refused.find((one) => one.op === op && one.ip === ip);
  const gone = changes.filter((change) => isBenignly(said('unregister', change)));
  const stuck = changes.filter((change) => said('unregister', change) && !gone.includes(change));
  const left = changes.filter((change) => !said('unregister', change));
  const again = left.filter((change) => said('register', change));
  const kept = left.filter((change) => !again.includes(change));
  for (const change of stuck)
    await by.fail({ change, message: said('unregister', change)?.message ?? 'not taken off' });
  await takeOff(by, gone);
  const inForce = await settleKept(by, kept);
  await by.send(inForce ? again : [...again, ...kept]);
}

function isBenignly(entry: RefusedEntry | undefined): boolean {
  return entry !== undefined && isBenign(entry);
}

/** Whether what the answer says nothing about is in force; then it is done. */
async function settleKept({ client, attempt }: Sender, kept: readonly Pending[]): Promise<boolean> {
  const [first] = kept;
  if (!first) return true;
  let there = false;
  const read = await attempt.step(async () => {
    there = (await tagsOf(client, first.ip)).includes(first.tag);
  });
  if (read.state === 'done' && !there) return false;
  const error = new ZonebridgeError('firewall/outcome-unknown', `${first.tag}: it could not be read back`);
  for (const { report, asked } of kept)
    report.outcomes.set(asked, there ? { state: 'done' } : { state: 'unknown', error });
  return true;
}

/** It was not there any more, so a person may have taken it off; the message has put it there again, where it stays unless this is done. */
async function takeOff(by: Sender, gone: readonly Pending[]): Promise<void> {
  const offs = gone.map((change) => ({ change, report: openReport(change.report.changes) }));
  await by.send(offs.map(({ change, report }) => ({ ...change, op: 'unregister', report })));
  for (const { change, report } of offs) {
    const { asked, ip, tag } = change;
    const taken = report.outcomes.get(asked);
    change.report.outcomes.set(asked, taken?.state === 'done' ? missing(ip, tag) : putBack(ip, tag));
  }
}

function missing(ip: string, tag: string): Outcome {
  const error = new ZonebridgeError('firewall/object-missing', `${ip} does not carry ${tag} any more`);
  return { state: 'failed', error };
}

function putBack(ip: string, tag: string): Outcome {
  const text = `${ip} did not carry ${tag} any more; its renewal put it there, and it could not be taken off again`;
  return { state: 'unknown', error: new ZonebridgeError('firewall/outcome-unknown', text) };
}
