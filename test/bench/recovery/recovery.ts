import { parseArgs } from 'node:util';
import type { Benchmark } from '../benchmark.ts';
import { addressesFrom, InProcessHub } from '../in-process.ts';
import { benchGroup } from '../rig.ts';
import { machine, positive, progressFrom } from '../with-rig.ts';

const group = 'recovery';
const hourMs = 3_600_000;

/** Time until a firewall that was down for an hour has everything that changed meanwhile, and the calls it took. */
export const recovery: Benchmark = {
  usage:
    'a firewall that was down for an hour, hub in this process [--changes 10000] [--channel push|objects] [--json]',
  async run(args) {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args,
      options: { changes: text, channel: text, json: { type: 'boolean' } },
    });
    const changes = positive(values.changes, 'changes', 10_000);
    const { channel = 'push' } = values;
    if (channel !== 'push' && channel !== 'objects')
      throw new RangeError(`--channel is push or objects, not ${channel}`);
    const result = await measure(channel, changes, progressFrom(performance.now()));
    console.log(
      `down for ${Math.round(result.downMs / 60_000)} minutes with ${result.changes} changes over ${channel}: ` +
        `in step ${result.caughtUpMs} ms after the first try that reached it, at most 60 s and the jitter after it was back; ` +
        `${result.calls} calls, ${result.writes} of them writes; ${result.callsWhileDown} tries while it was down`,
    );
    if (values.json) console.log(JSON.stringify(result));
  },
};

interface Recovery {
  machine: ReturnType<typeof machine>;
  channel: string;
  changes: number;
  downMs: number;
  callsWhileDown: number;
  caughtUpMs: number;
  calls: number;
  writes: number;
}

/** Half of the changes bring new addresses, half take those that were there. */
async function measure(
  channel: 'push' | 'objects',
  changes: number,
  progress: (line: string) => void,
): Promise<Recovery> {
  const hub = await InProcessHub.start();
  try {
    const half = Math.ceil(changes / 2);
    progress(`filling ${half} members over ${channel}`);
    await hub.apply({ [group]: benchGroup(group, { edge: channel }) });
    const [old, fresh] = [addressesFrom(64, half), addressesFrom(128, half)];
    await hub.pods('come', group, old);
    await hub.work({ wait: true });
    progress('down');
    const [fault] = hub.simulator.faults.add({ kind: 'drop' });
    const down = hub.clock.now();
    const quiet = hub.calls();
    await hub.pods('come', group, fresh);
    await hub.pods('go', group, old);
    await hub.work({ enough: () => hub.clock.now() - down >= hourMs });
    const downMs = hub.clock.now() - down;
    const before = hub.calls();
    hub.simulator.faults.remove(fault?.id);
    progress('back');
    const began = performance.now();
    const wanted = [...fresh].sort().join();
    await hub.work({ wait: true, enough: () => hub.members(group, channel).join() === wanted });
    const caughtUpMs = Math.round(performance.now() - began);
    if (hub.members(group, channel).join() !== wanted) throw new Error('the firewall has other members');
    const after = hub.calls();
    return {
      machine: machine(),
      channel,
      changes: 2 * half,
      downMs,
      callsWhileDown: before.calls - quiet.calls,
      caughtUpMs,
      calls: after.calls - before.calls,
      writes: after.writes - before.writes,
    };
  } finally {
    await hub.stop();
  }
}
