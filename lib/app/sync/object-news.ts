import type { ObjectReport } from '../../core/firewall.ts';
import type { Counters } from '../../core/plan/brakes.ts';
import type { GroupPlan } from '../../core/plan/plan.ts';
import { isWait } from '../../core/plan/rollout.ts';
import type { Item, Write } from '../../core/ports.ts';
import { countersItem } from '../state/counters.ts';
import { isGivenUp, updateObject } from '../state/ledger.ts';
import type { GroupWork } from './questions.ts';

interface Done {
  work: GroupWork;
  plan: GroupPlan;
  report: ObjectReport | undefined;
}

/** Where the object of a group lies; written with an intent only, as long as nothing was put there it may lie elsewhere. */
export function objectItem(work: GroupWork): Item {
  const { name, channel, sizeHint } = work.object;
  return { object: name, channel, ...(sizeHint === undefined ? {} : { sizeHint }) };
}

/** The write of what a call taught about the object as a whole; undefined when it taught nothing new, which is the usual case. */
export function objectNews(
  place: { firewall: string; fence: number },
  done: Done,
  now: { at: number; counters: Counters; before: Counters; held: number; missing: number },
): Write | undefined {
  const { work, plan, report } = done;
  const { objectRow } = work;
  const news: Item = {};
  const remove: string[] = [];
  Object.assign(news, ownershipNews(done, now.at));
  if (report !== undefined && lacksObject(report)) remove.push('ownership');
  const { adopt } = work.target;
  if (adopt === undefined && objectRow.adopted !== undefined) remove.push('adopted');
  const held = Math.max(0, objectRow.held + now.held - looksAgainAt(work));
  if (held !== objectRow.held) news['held'] = held;
  const missing = Math.max(0, objectRow.missing + now.missing - givenUpBefore(work));
  if (missing !== objectRow.missing) news['missing'] = missing;
  const waits = plan.held.some(({ reason }) => isWait(reason));
  if (waits && !objectRow.waiting) news['waiting'] = true;
  const trouble = troubleNews(done);
  if (trouble === 'over') remove.push('trouble', 'renamedTo');
  else Object.assign(news, trouble);
  if (differ(now.counters, now.before)) Object.assign(news, countersItem(now.counters));
  if (Object.keys(news).length === 0 && remove.length === 0) return undefined;
  return updateObject({ ...place, group: work.group.name }, news, remove);
}

function differ(one: Counters, other: Counters): boolean {
  const { allowance } = one;
  return (
    one.size !== other.size ||
    allowance.add > other.allowance.add ||
    allowance.remove > other.allowance.remove
  );
}

/** The object itself is not there any more: it has to be looked at before the next change. */
export function lacksObject(report: ObjectReport): boolean {
  return [...report.outcomes.values()].some(
    (outcome) => outcome.state === 'failed' && outcome.error.code === 'firewall/object-missing',
  );
}

/** Whose the object turned out to be; one that was made was so at the latest when that was answered. */
function ownershipNews(done: Done, at: number): Item {
  const { work, plan } = done;
  const ownership = ownershipSeen(done);
  if (ownership === undefined) return {};
  if (ownership === 'offered') return { ownership };
  const made = plan.create ? { madeAt: at } : {};
  return { ownership, ...made, ...(work.target.adopt === undefined ? {} : { adopted: work.object.name }) };
}

/** A change went through, so the object is there and is what we took it for. */
function ownershipSeen({ work, plan, report }: Done): 'ours' | 'offered' | undefined {
  if (work.objectRow.ownership !== undefined || plan.changes.length === 0 || report === undefined)
    return undefined;
  if (report.created !== undefined && report.created.state !== 'done') return undefined;
  if (lacksObject(report)) return undefined;
  return work.target.create === 'own' ? 'ours' : 'offered';
}

/** What is wrong with the object and was not known; `over` when a change went through. */
function troubleNews(done: Done): Item | 'over' {
  const { objectRow, renamedTo } = done.work;
  const trouble = troubleSeen(done);
  if (trouble === undefined)
    return objectRow.trouble !== undefined && done.plan.changes.length > 0 ? 'over' : {};
  const news: Item = {};
  if (trouble !== objectRow.trouble) news['trouble'] = trouble;
  if (renamedTo !== undefined && renamedTo !== objectRow.renamedTo) news['renamedTo'] = renamedTo;
  return news;
}

function troubleSeen({ plan, report }: Done): string | undefined {
  if (report?.suspicion) return report.suspicion.code;
  if (report?.created?.state === 'failed') return report.created.error.code;
  return plan.held.find(({ reason }) => reason.endsWith('-object'))?.reason;
}

/** Holds that this run looked at again; those that stay held are counted anew. */
function looksAgainAt(work: GroupWork): number {
  return [...work.ledger.values()].filter((row) => row.held !== undefined && !isWait(row.held.reason)).length;
}

/** What had been given up of what this run looked at; what it gives up again is counted anew. */
function givenUpBefore(work: GroupWork): number {
  return [...work.ledger.values()].filter(isGivenUp).length;
}
