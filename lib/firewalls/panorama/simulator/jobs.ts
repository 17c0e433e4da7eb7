import { type Element, xml, xmlText } from '../xml.ts';

export interface Job {
  id: number;
  type: 'Commit' | 'CommitAll';
  user: string;
  begunAt: number;
  endsAt: number;
  /** Set when it has ended. */
  problems?: string[];
  devices: { serial: string; name: string; fails: boolean }[];
}

/** Jobs of a device, one after the other, as they came. What a job does is done when its time is over. */
export class Jobs {
  readonly #now: () => number;
  readonly #all = new Map<number, Job & { work: () => string[] }>();
  #next = 1;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(job: Pick<Job, 'type' | 'user' | 'devices'>, durationMs: number, work: () => string[]): Job {
    this.settle();
    const begunAt = Math.max(this.#now(), ...this.running().map(({ endsAt }) => endsAt));
    const added = { ...job, id: this.#next++, begunAt, endsAt: begunAt + durationMs, work };
    this.#all.set(added.id, added);
    this.settle();
    return added;
  }

  running(): Job[] {
    this.settle();
    return [...this.#all.values()].filter(({ problems }) => problems === undefined);
  }

  /** The newest first. */
  all(): Job[] {
    this.settle();
    return [...this.#all.values()].toReversed();
  }

  find(id: number): Job | undefined {
    this.settle();
    return this.#all.get(id);
  }

  /** Lets what is due happen; called before anything else looks. */
  settle(): void {
    for (const job of this.#all.values())
      if (job.problems === undefined && job.endsAt <= this.#now()) job.problems = job.work();
  }
}

export function jobElement(job: Job): Element {
  const { problems, type } = job;
  const ended = problems !== undefined;
  const failed = ended && (problems.length > 0 || job.devices.some(({ fails }) => fails));
  const lines = !ended ? [] : failed ? problems : ['Configuration committed successfully'];
  return xml('job', {}, [
    xmlText('tenq', new Date(job.begunAt).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/')),
    xmlText('tdeq', timeOf(job.begunAt)),
    xmlText('id', String(job.id)),
    xmlText('user', job.user),
    xmlText('type', type),
    xmlText('status', ended ? 'FIN' : 'ACT'),
    xmlText('queued', 'NO'),
    xmlText('stoppable', ended ? 'no' : 'yes'),
    xmlText('result', ended ? (failed ? 'FAIL' : 'OK') : 'PEND'),
    xmlText('tfin', ended ? timeOf(job.endsAt) : 'Still Active'),
    xmlText('description', ''),
    xmlText('positionInQ', '0'),
    // Once it has ended this may be a text instead of a number.
    xmlText('progress', ended ? '100' : '55'),
    xml(
      'details',
      {},
      lines.map((line) => xmlText('line', line)),
    ),
    xml('warnings'),
    ...(type === 'CommitAll'
      ? [
          xml(
            'devices',
            {},
            job.devices.map((device) => deviceElement(device, job)),
          ),
        ]
      : []),
  ]);
}

function deviceElement({ serial, name, ...device }: Job['devices'][number], job: Job): Element {
  const ended = job.problems !== undefined;
  const fails = device.fails || (job.problems ?? []).length > 0;
  const errors = fails ? [xmlText('line', 'validation failed on the firewall')] : [];
  return xml('entry', {}, [
    xmlText('serial-no', serial),
    xmlText('devicename', name),
    xmlText('status', ended ? (fails ? 'commit failed' : 'commit succeeded') : 'configuration being pushed'),
    xmlText('result', ended ? (fails ? 'FAIL' : 'OK') : 'PEND'),
    xmlText('tstart', timeOf(job.begunAt)),
    xmlText('tfin', ended ? timeOf(job.endsAt) : ''),
    xml('details', {}, [xml('msg', {}, [xml('errors', {}, errors)])]),
  ]);
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 19);
}
