import { detailTypes, type NetworkDetail, schemaVersion } from '../../lib/core/model/messages.ts';
import { type NetworkReport, networkVersion } from '../../lib/core/network/report.ts';
import type { Clock } from '../../lib/core/ports.ts';
import { readNetworkReport } from './network-report.ts';
import type { Documents, EventBus } from './ports.ts';
import type { AgentStatus } from './status.ts';
import { pause } from './timing.ts';

const lookMilliseconds = 5 * 60_000;
/** Told again although nothing changed: the hub may have lost it, and takes an old report for no report. */
const againMilliseconds = 6 * 60 * 60_000;

export interface NetworkReporterOptions {
  documents: Documents;
  bus: EventBus;
  clock: Clock;
  status: AgentStatus;
  /** The epoch under which to tell; undefined: not now, or to a hub that takes no reports. */
  epoch: () => number | undefined;
  nodes: () => { all: number; auto: number };
}

/** Tells the hub of the cluster's network: in each epoch once, and again when it changed. Whatever fails is tried again at the next look. */
export class NetworkReporter {
  readonly #options: NetworkReporterOptions;
  #told: { epoch: number; content: string; at: number } | undefined;
  #number = 0;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: NetworkReporterOptions) {
    this.#options = options;
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await pause(this.#options.clock, lookMilliseconds, stop);
      if (!stop.aborted) await this.look();
    }
  }

  /** Looks now, one look after the other. Never throws. */
  async look(): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      try {
        await this.#tellNews();
      } catch (error) {
        this.#options.status.failed("looking at the cluster's network", error);
      }
    });
    await this.#looking;
  }

  async #tellNews(): Promise<void> {
    const { bus, clock, documents, nodes, status } = this.#options;
    if (this.#options.epoch() === undefined) return;
    const report = await readNetworkReport(documents, nodes());
    const epoch = this.#options.epoch();
    if (epoch === undefined) return;
    const content = contentOf(report);
    const now = clock.now();
    const told = this.#told;
    if (told?.epoch === epoch && told.content === content && now - told.at < againMilliseconds) return;
    this.#number += 1;
    const detail: NetworkDetail = {
      schema: schemaVersion,
      epoch,
      sentAt: now,
      version: networkVersion,
      number: this.#number,
      report,
    };
    const [refused] = await bus.putEvents([
      { detailType: detailTypes.network, detail: JSON.stringify(detail) },
    ]);
    if (refused !== undefined) return status.notSent(refused);
    this.#told = { epoch, content, at: now };
    status.accepted(0);
  }
}

/** What is news: how many nodes there are is none, which kinds of them there are is. */
function contentOf({ nodes, autoNodes, vpcCni, ...rest }: NetworkReport): string {
  const kinds = [autoNodes > 0, nodes > autoNodes];
  const runs = vpcCni?.scheduled === undefined ? undefined : vpcCni.scheduled > 0;
  return JSON.stringify([kinds, runs, { ...vpcCni, scheduled: 0 }, rest]);
}
