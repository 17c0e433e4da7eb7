/**
 * How messages are delivered: read by cdk, which builds the queues and functions so, and by the simulation, which lives by it.
 * Times are in seconds; `deliveries` before a message is set aside; the reasons stand beside the queues in lib/cdk.
 */
export const deliveries = {
  ingest: { visibility: 360, retention: 4 * 86_400, deliveries: 20, timeout: 60, batch: 10, concurrency: 20 },
  wake: { visibility: 150, retention: 14 * 86_400, deliveries: 1000, timeout: 120, batch: 1 },
  reconcile: { visibility: 330, retention: 3_600, deliveries: 3, timeout: 300, batch: 1, concurrency: 5 },
  agent: { visibility: 30, retention: 86_400, deliveries: 5 },
  hosts: { visibility: 330, retention: 86_400, deliveries: 5, timeout: 55, batch: 10, concurrency: 2 },
  sweep: { timeout: 50 },
} as const;

/** A message as a function received it. */
export interface Delivery {
  body: string;
  /** Message group of a FIFO queue. */
  group: string | undefined;
  /** This one included. */
  tries: number;
  /** Hides it for so many seconds; it must then be reported as failed, or it is deleted. */
  postpone(seconds: number): Promise<void>;
}
