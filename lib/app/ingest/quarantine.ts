import type { ZonebridgeError } from '../../core/errors.ts';
import type { Ports } from '../ports.ts';

/** Longest part of a refused record that is kept for a person to look at. */
const sampleLength = 2_000;

/** Notes a record that cannot be used, counts it, and lets everything else go on. The last one per cluster is kept in `control`. */
export async function setAside(
  ports: Ports,
  bad: { cluster: string; error: ZonebridgeError; sample: string },
): Promise<void> {
  const { cluster, error } = bad;
  ports.telemetry.metric('RecordsRefused', 1, { cluster });
  ports.telemetry.warn('record set aside', { cluster, code: error.code, problem: error.message });
  await ports.tables.write({
    key: { table: 'control', pk: `quarantine|${cluster}` },
    update: {
      set: {
        code: error.code,
        message: error.message.slice(0, 600),
        sample: bad.sample.slice(0, sampleLength),
        at: ports.clock.now(),
      },
      add: { count: 1 },
    },
  });
}
