import type { Adom } from './adom.ts';
import { type Answered, type Call, changer } from './call.ts';
import type { Lock } from './locks.ts';
import { invalidUrl, notLocked, Refusal } from './refusal.ts';

/**
 * `/dvmdb/adom/<adom>/workspace/<verb>[/<place>]`: lock, commit, unlock, dirty, lockinfo of a whole ADOM, or lock, commit, unlock, lockinfo of
 * one of its packages, policies, objects or devices.
 */
export function answerWorkspace(call: Call, adom: Adom, [verb = '', ...place]: readonly string[]): Answered {
  const part = place.length === 0 ? undefined : partOf(adom, place);
  if (call.method === 'get') return told(call, adom, { verb, part });
  if (call.method !== 'exec') throw invalidUrl();
  // With the workspace off there is nothing to lock, and nobody minds.
  if (!call.manager.locking) return undefined;
  if (verb !== 'lock') return ended(call, adom, { verb, part });
  if (part === undefined) lockAll(call, adom);
  else lockPart(call, adom, part);
  return undefined;
}

/** What is asked of a whole ADOM, or of the place of a part. */
interface Asked {
  verb: string;
  part: string | undefined;
}

function told(call: Call, adom: Adom, { verb, part }: Asked): Answered {
  if (verb === 'lockinfo') return lockInfo(call, adom, part);
  if (verb !== 'dirty' || part !== undefined) throw invalidUrl();
  // A session learns of its own unsaved changes alone.
  return { data: { dirty: adom.drafts.has(changer(call).session) ? 1 : 0 } };
}

function ended(call: Call, adom: Adom, { verb, part }: Asked): Answered {
  const { session } = changer(call);
  const lock = part === undefined ? adom.lock : adom.parts.at(part);
  if (lock?.session !== session) throw lockedByOther();
  if (verb === 'commit') return commit(call, adom, part);
  if (verb !== 'unlock') throw invalidUrl();
  // What was not saved is lost.
  adom.discard(session, part);
  if (part === undefined) adom.lock = undefined;
  else adom.parts.delete(part);
  return undefined;
}

/** The place that is meant; a package or device that is not there is an invalid URL. Objects may be locked before they are there. */
function partOf(adom: Adom, parts: readonly string[]): string {
  const place = parts.join('/');
  const [kind, ...rest] = parts;
  const isKnown =
    (kind === 'pkg' && adom.hasPackage(place.replace(/^pkg\/|\/firewall\/policy\/\d+$/g, ''))) ||
    (kind === 'obj' && rest.length === 3) ||
    (kind === 'dev' && adom.devices.some(({ name }) => name === rest.join('/')));
  if (!isKnown) throw invalidUrl();
  return place;
}

function lockAll(call: Call, adom: Adom): void {
  const { session, user } = changer(call);
  refuseOthers(call, session, [adom.lock, ...adom.parts.all()]);
  adom.forgetStrangers(session);
  // Whoever locks all of it needs no lock of a part.
  adom.parts.drop(session);
  adom.lock = { session, user, time: now() };
}

function lockPart(call: Call, adom: Adom, place: string): void {
  const { session, user } = changer(call);
  refuseOthers(call, session, [adom.lock, ...adom.parts.near(place)]);
  const mayLock = adom.lock?.session === session || adom.parts.hasPackage(session);
  // Assumption: the code; the source says that it does not work.
  if (place.startsWith('obj/') && !mayLock) throw notLocked();
  adom.parts.set(place, { session, user, time: now() });
}

/** Throws when a session that has not ended holds one of the locks, and it is not this one. */
function refuseOthers({ gate }: Call, session: string, locks: readonly (Lock | undefined)[]): void {
  if (locks.some((lock) => lock && lock.session !== session && gate.has(lock.session))) throw lockedByOther();
}

function commit(call: Call, adom: Adom, place: string | undefined): Answered {
  const { manager, caller } = call;
  const { session, user } = changer(call);
  // Objects are saved with a package, or with the whole ADOM.
  if (place?.startsWith('obj/')) throw invalidUrl();
  adom.save(session, user, place);
  const what = place === undefined ? adom.name : `${adom.name}/${place}`;
  manager.commits.append({ what: `commit ${what}` });
  if (manager.settings.behaviour.commitTask === 'none') return undefined;
  const run = () => [{ name: adom.name, err: 0, detail: 'saved' }];
  return { taskid: manager.tasks.start('Save', caller.user, run) };
}

/** Who holds a lock; nothing for what is not locked. The lock of a part is not told with that of the ADOM. */
function lockInfo({ gate }: Call, adom: Adom, place: string | undefined): Answered {
  const held = place === undefined ? adom.lock : adom.parts.at(place);
  if (!held || !gate.has(held.session)) return undefined;
  const dirty = adom.drafts.has(held.session) ? 1 : 0;
  const who = { lock_user: held.user, lock_sid: gate.numberOf(held.session), lock_time: held.time };
  if (place === undefined) return { data: [{ adom_dirty: dirty, dirty, type: 1, flags: 0, ...who }] };
  const [kind, ...rest] = place.split('/');
  // What a lock of something else than a package has for a type is in no source.
  const type = kind === 'pkg' ? { type: 2 } : {};
  return { data: [{ dirty, flags: 0, obj_url: rest.join('/'), ...type, ...who }] };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** The numeric code is in no source; the text is. */
function lockedByOther(): Refusal {
  return new Refusal(-20055, 'Workspace is locked by other user');
}
