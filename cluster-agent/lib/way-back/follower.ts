import { type AppliedDetail, detailTypes, schemaVersion } from '../../../lib/core/model/messages.ts';
import { wayBackVersion } from '../../../lib/core/way-back/manifest.ts';
import type { AppliedReport } from '../../../lib/core/way-back/report.ts';
import type { Clock, Random } from '../../../lib/core/ports.ts';
import type { EventBus } from '../ports.ts';
import type { AgentStatus } from '../status.ts';
import { backOff, Bell, pause } from '../timing.ts';
import { follow, type FollowOptions } from './follow.ts';

const lookMilliseconds = 5 * 60_000;
/** Applied again although the manifest is the same: somebody may have changed our objects. */
const againMilliseconds = 60 * 60_000;
const retry = { base: 5_000, cap: lookMilliseconds };

export interface FollowerOptions extends Omit<FollowOptions, 'stop'> {
  bus: EventBus;
  clock: Clock;
  random: Random;
  status: AgentStatus;
  /** The epoch under which this process acts and tells; undefined: it does neither. */
  epoch: () => number | undefined;
  /** Whether the hub takes reports. */
  reports: () => boolean;
}

/** Keeps the cluster as the hub wants it: looks when the hub calls, and every 5 minutes. */
export class DesiredFollower {
  readonly #options: FollowerOptions;
  readonly #called = new Bell();
  #settled: { tag: string; at: number } | undefined;
  #told: { epoch: number; content: string } | undefined;
  #number = 0;
  #failures = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** The hub published something, or an epoch began. */
  call(): void {
    this.#called.ring();
  }

  async run(stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    while (!stop.aborted) {
      const wait = this.#failures === 0 ? lookMilliseconds : backOff(this.#failures - 1, retry, random);
      await Promise.race([this.#called.wait(stop), pause(clock, wait, stop)]);
      if (!stop.aborted) await this.look(stop);
    }
  }

  /** Looks now; ends early when it is stopped. Never throws. */
  async look(stop?: AbortSignal): Promise<void> {
    const { clock, epoch, source, status } = this.#options;
    if (epoch() === undefined) return;
    try {
      const now = clock.now();
      const settled = this.#settled;
      const known = settled !== undefined && now - settled.at < againMilliseconds ? settled.tag : undefined;
      const found = await source.manifest(known);
      if (found === 'unchanged' || found === 'absent') {
        this.#failures = 0;
        return;
      }
      const followed = await follow({ ...this.#options, stop }, found.text);
      this.#settled = followed.settled ? { tag: found.tag, at: now } : undefined;
      this.#failures = followed.settled ? 0 : this.#failures + 1;
      const refusal =
        followed.report.refused ?? followed.report.parts.find(({ refused }) => refused)?.refused;
      if (refusal) status.warn('desired-state-refused', `${refusal.code}: ${refusal.message}`);
      // What was not told is looked at again: an unchanged manifest would keep it quiet.
      if (await this.#tell(followed.report)) return;
      this.#settled = undefined;
      this.#failures = Math.max(1, this.#failures);
    } catch (error) {
      if (stop?.aborted) return;
      this.#settled = undefined;
      this.#failures += 1;
      status.failed('following the desired state', error);
    }
  }

  /** What is news to the hub, once. False when the bus refused it. */
  async #tell(report: AppliedReport): Promise<boolean> {
    const { bus, clock, epoch: current, reports, status } = this.#options;
    const epoch = current();
    if (epoch === undefined || !reports()) return true;
    const content = JSON.stringify(report);
    if (this.#told?.epoch === epoch && this.#told.content === content) return true;
    this.#number += 1;
    const detail: AppliedDetail = {
      schema: schemaVersion,
      epoch,
      sentAt: clock.now(),
      version: wayBackVersion,
      number: this.#number,
      report,
    };
    const [refused] = await bus.putEvents([
      { detailType: detailTypes.applied, detail: JSON.stringify(detail) },
    ]);
    if (refused !== undefined) {
      status.notSent(refused);
      return false;
    }
    this.#told = { epoch, content };
    status.accepted(0);
    return true;
  }
}
