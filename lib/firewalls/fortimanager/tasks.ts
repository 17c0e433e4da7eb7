import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { printable } from '../shared/printable.ts';
import type { FortimanagerClient } from './client.ts';

/** Public clients ask every 2 to 3 seconds; the first time sooner, because small installs are quick. */
const firstMs = 500;
const everyMs = 2_000;
/** Reads of a task that may fail in a row: the manager cuts connections while it installs. */
const failuresMax = 10;

/** A task that ended without its work; the numbers where the words are not told. Nothing need have failed: a person may have stopped it. */
const endedBadly: ReadonlySet<string | number> = new Set(['error', 'cancelled', 'aborted', 5, 3, 7]);

const taskData = z.looseObject({
  percent: z.coerce.number(),
  num_err: z.coerce.number(),
  state: z.union([z.string(), z.number()]).optional(),
  line: z
    .array(
      z.looseObject({
        name: z.string().catch('?'),
        err: z.coerce.number().catch(0),
        detail: z.string().catch(''),
      }),
    )
    .catch([]),
});
type Task = z.infer<typeof taskData>;

/**
 * Waits until a task has ended, for at most `installWaitSeconds`. Throws `firewall/install-failed` for a task with errors, with the devices
 * that did not take it, and for one that did not end in time: it goes on without us.
 */
export async function waitForTask(client: FortimanagerClient, id: number): Promise<void> {
  const { clock, deadline, settings } = client;
  const until = Math.min(clock.now() + settings.installWaitSeconds * 1000, deadline - everyMs);
  let failures = 0;
  for (let wait = 0; ; wait = wait === 0 ? firstMs : everyMs) {
    if (wait > 0) await clock.sleep(wait);
    const task = await readTask(client, id).catch((error: unknown) => {
      failures += 1;
      if (
        failures >= failuresMax ||
        !isZonebridgeError(error, 'firewall/unreachable', 'firewall/unexpected-answer')
      )
        throw error;
      return undefined;
    });
    if (task) failures = 0;
    if (task && endedBadly.has(task.state ?? '')) throw failed(id, task);
    if (task && task.percent >= 100) {
      if (task.num_err > 0) throw failed(id, task);
      return;
    }
    if (clock.now() + everyMs > until)
      throw new ZonebridgeError(
        'firewall/install-failed',
        `task ${id} stands at ${task?.percent ?? '?'} percent after ${settings.installWaitSeconds} s; it goes on without us`,
      );
  }
}

async function readTask(client: FortimanagerClient, id: number): Promise<Task> {
  const found = taskData.safeParse(await client.readOne({ url: `/task/task/${id}` }));
  if (!found.success)
    throw new ZonebridgeError('firewall/unexpected-answer', `task ${id} came back incomplete`);
  return found.data;
}

function failed(id: number, { line, num_err: count, state }: Task): ZonebridgeError {
  const bad = line
    .filter(({ err }) => err !== 0)
    .map(({ name, detail }) => `${printable(name)} (${printable(detail)})`);
  const how =
    count > 0 ? `with ${count} errors: ${bad.slice(0, 5).join(', ')}` : `as ${printable(String(state))}`;
  return new ZonebridgeError('firewall/install-failed', `task ${id} ended ${how}`);
}
