import type { DrillHub } from './support/drill-hub.ts';

/** A real fault that one alarm exists for. The tests let it happen to a hub that runs well, and read the alarm by its own terms. */
export interface Drill {
  /** Name of the alarm without `zonebridge-<hub>-`: article and subject. */
  alarm: string;
  /** What breaks; part of the test's name. */
  fault: string;
  /** Breaks it, by means that the product itself meets: queues, tables, devices, agents, people. */
  start(hub: DrillHub): void | Promise<void>;
  /** Minutes within which the alarm has to fire. */
  minutes: number;
  /** Mends it as the article says, so that the alarm ends; left out where nothing but time or a person's look ends it. */
  mend?(hub: DrillHub): void | Promise<void>;
}
