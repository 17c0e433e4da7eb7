import type { Adom } from './adom.ts';
import { type Answered, type Call, changer } from './call.ts';
import { invalidUrl, Refusal } from './refusal.ts';

/** `/dvmdb/adom/<adom>/workspace/<verb>`: lock, commit, unlock, dirty, lockinfo of a whole ADOM. */
export function answerWorkspace(call: Call, adomName: string, verb: string): Answered {
  const { manager, method } = call;
  const adom = manager.adom(adomName);
  if (method === 'get' && verb === 'dirty') return { data: { dirty: adom.dirty ? 1 : 0 } };
  if (method === 'get' && verb === 'lockinfo') return lockInfo(call, adomName);
  if (method !== 'exec') throw invalidUrl();
  // With the workspace off there is nothing to lock, and nobody minds.
  if (!manager.locking) return undefined;
  if (verb === 'lock') {
    lock(call, adom);
    return undefined;
  }
  if (adom.lock?.session !== changer(call).session) throw lockedByOther();
  if (verb === 'commit') return commit(call, adom);
  if (verb !== 'unlock') throw invalidUrl();
  // What was not saved is lost.
  adom.discard();
  adom.lock = undefined;
  return undefined;
}

function lock(call: Call, adom: Adom): void {
  const { session, user } = changer(call);
  const held = adom.lock;
  if (held && held.session !== session && call.gate.has(held.session)) throw lockedByOther();
  if (held?.session !== session) adom.discard();
  adom.lock = { session, user, time: Math.floor(Date.now() / 1000) };
}

function commit({ manager, caller }: Call, adom: Adom): Answered {
  adom.save();
  manager.commits.append({ what: `commit ${adom.name}` });
  if (manager.settings.behaviour.commitTask === 'none') return undefined;
  const run = () => [{ name: adom.name, err: 0, detail: 'saved' }];
  return { taskid: manager.tasks.start('Save', caller.user, run) };
}

function lockInfo({ manager, gate }: Call, adomName: string): Answered {
  const { lock: held, dirty } = manager.adom(adomName);
  if (!held || !gate.has(held.session)) return undefined;
  const flags = { adom_dirty: dirty ? 1 : 0, dirty: dirty ? 1 : 0, type: 1, flags: 0 };
  return {
    data: [{ ...flags, lock_user: held.user, lock_sid: gate.numberOf(held.session), lock_time: held.time }],
  };
}

/** The numeric code is in no source; the text is. */
function lockedByOther(): Refusal {
  return new Refusal(-20055, 'Workspace is locked by other user');
}
