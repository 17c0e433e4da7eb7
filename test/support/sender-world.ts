import { Sender } from '../../cluster-agent/lib/sender.ts';
import { AgentStatus } from '../../cluster-agent/lib/status.ts';
import { Store } from '../../cluster-agent/lib/store.ts';
import { RecordingBus } from './agent-world.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from './ports.ts';

/** An agent's sender that runs, with a store that knows the namespace `shop`; it ends when `stop` is aborted. */
export class SenderWorld {
  readonly bus = new RecordingBus();
  readonly clock = new FakeClock();
  readonly status = new AgentStatus(this.clock, new RecordingTelemetry());
  readonly store: Store;
  readonly sender: Sender;
  readonly stop = new AbortController();
  readonly ended: Promise<void>;

  constructor() {
    const { bus, clock, status } = this;
    this.store = new Store((id, cause, how) => this.sender.touch(id, cause, how));
    const source = 'zonebridge.cluster.111122223333.eu-central-1.shop';
    const random = new SeededRandom();
    this.sender = new Sender({ bus, clock, random, source, status, store: this.store });
    this.store.upsert({ kind: 'namespace', uid: 's', name: 'shop', labels: {}, created: 1 }, 'watch');
    this.ended = this.sender.run(this.stop.signal);
  }
}
