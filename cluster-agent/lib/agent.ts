import { setMaxListeners } from 'node:events';
import { hearsEnough, neededKinds } from '../../lib/core/model/hearing.ts';
import { detailTypes, type HeartbeatDetail, schemaVersion } from '../../lib/core/model/messages.ts';
import type { GateRules } from '../../lib/core/gates/gate.ts';
import type { Clock, Random, Telemetry } from '../../lib/core/ports.ts';
import { type Features, featuresOf } from './features.ts';
import { HubLink } from './hub-link.ts';
import {
  type Documents,
  type EventBus,
  type Gates,
  type Inbox,
  type Kind,
  kindsFor,
  type ObjectSource,
  type ServicesTold,
} from './ports.ts';
import type { FollowOptions } from './way-back/follow.ts';
import { Reflector } from './reflector.ts';
import { Sender } from './sender.ts';
import { AgentStatus } from './status.ts';
import { Store } from './store.ts';
import { pause } from './timing.ts';

const heartbeatMilliseconds = 30_000;
const digestMilliseconds = 5 * 60_000;

export interface AgentOptions {
  objects: ObjectSource;
  /** From where the network of the cluster is read; undefined: it is not told. */
  documents: Documents | undefined;
  /** Which services and ingresses are told; none unless given. */
  services?: ServicesTold;
  /** From where AddressGroup resources are read; undefined: they are not told. */
  groups?: Documents | undefined;
  /** Which pods wait for their firewalls, and how their gates are opened; undefined: none. */
  gates?: { rules: GateRules; gates: Gates } | undefined;
  /** From where the cluster takes what it shall have; undefined: nothing is written in it. */
  wayBack?: FollowOptions | undefined;
  bus: EventBus;
  inbox: Inbox;
  clock: Clock;
  random: Random;
  telemetry: Telemetry;
  /** Event source of this cluster: `zonebridge.cluster.<account>.<region>.<name>`. */
  source: string;
  agentVersion: string;
  /** Whether nobody else can be the agent of the cluster by now; always, unless said otherwise. */
  mayGreet?: (() => boolean) | undefined;
}

/** Tells the hub of one cluster what exists in it. One run per instance: a superseded process exits. */
export class Agent {
  readonly status: AgentStatus;
  readonly #options: AgentOptions;
  readonly #stop = new AbortController();
  readonly #kinds: readonly Kind[];
  /** Kinds of which a listing failed. */
  readonly #failed = new Set<Kind>();
  readonly #store: Store;
  readonly #sender: Sender;
  readonly #hub: HubLink;
  readonly #features: Features;
  #superseded = false;
  #begun: number | undefined;

  constructor(options: AgentOptions) {
    const { bus, clock, inbox, random, source, telemetry } = options;
    this.#options = options;
    setMaxListeners(0, this.#stop.signal);
    const status = new AgentStatus(clock, telemetry);
    this.status = status;
    const services = options.services ?? 'off';
    this.#kinds = kindsFor(services);
    this.#store = new Store((id, cause, how) => {
      this.#sender.touch(id, cause, how);
      this.#features.gates?.touch(id);
    }, services);
    this.#sender = new Sender({ bus, clock, random, source, status, store: this.#store });
    this.#hub = new HubLink({
      bus,
      inbox,
      clock,
      random,
      status,
      agentVersion: options.agentVersion,
      mayGreet: options.mayGreet,
      onEpoch: () => this.#begin(),
      onSuperseded: () => {
        this.#superseded = true;
        telemetry.warn('another agent process took over');
        this.stop();
      },
      onManifests: (shards) => this.#sender.manifests(shards),
      onResend: (shards, endpoints) => this.#sender.resend(shards, endpoints),
      onDesired: () => this.#features.follower?.call(),
      onPublished: (pods) => void this.#features.gates?.published(pods),
    });
    this.#features = featuresOf(options, {
      status,
      store: this.#store,
      takes: (feature) => this.#hub.takes(feature),
      epoch: () => this.#begun,
    });
    status.pending = () => this.#sender.pending;
    status.endpoints = () => this.#store.endpoints;
    status.epoch = () => this.#hub.epoch;
    status.hears = () => hearsEnough(status.heardAgo);
  }

  /** Random id of this process, as in its hello. */
  get process(): string {
    return this.#hub.process;
  }

  /** Works until stopped (`stopped`) or until the hub gave a later epoch to another process (`superseded`). */
  async run(): Promise<'stopped' | 'superseded'> {
    const stop = this.#stop.signal;
    const { clock, objects: source, random } = this.#options;
    const { status } = this;
    const reflectors = this.#kinds.map(
      (kind) =>
        new Reflector({
          kind,
          source,
          store: this.#store,
          status,
          clock,
          random,
          onListed: () => this.#begin(),
          onFailed: () => {
            this.#failed.add(kind);
            this.#begin();
          },
        }),
    );
    await Promise.all([
      ...reflectors.map(async (reflector) => reflector.run(stop)),
      this.#hub.greet(stop),
      this.#hub.listen(stop),
      this.#sender.run(stop),
      this.#heartbeats(stop),
      this.#digests(stop),
      ...Object.values(this.#features).map((feature?: { run(stop: AbortSignal): Promise<void> }) =>
        feature?.run(stop),
      ),
    ]);
    return this.#superseded ? 'superseded' : 'stopped';
  }

  /** Ends `run` after the calls under way. */
  stop(): void {
    this.#stop.abort();
  }

  /** To begin needs both: pods, nodes and namespaces listed in full and the other kinds at least tried, and an epoch; it happens once per epoch. */
  #begin(): void {
    const { epoch } = this.#hub;
    const { listed } = this.status;
    if (epoch === undefined || !neededKinds.every((kind) => listed.has(kind))) return;
    if (this.#kinds.some((kind) => !listed.has(kind) && !this.#failed.has(kind))) return;
    if (epoch === this.#begun) return this.#goOn();
    this.#begun = epoch;
    this.#store.tellServices = this.#mayTellServices();
    this.#options.telemetry.info('epoch begins', { epoch, endpoints: this.#store.endpoints });
    const takes = { digests: this.#hub.takes('digest'), claims: this.#hub.takes('claims') };
    this.#sender.begin(epoch, takes);
    void this.#features.network?.look();
    this.#features.follower?.call();
  }

  /** Services count once all their kinds are listed, so that what cannot be listed does not count as gone. */
  #mayTellServices(): boolean {
    return this.#hub.takes('services') && this.status.listed.size === this.#kinds.length;
  }

  /** A kind was listed under an epoch that has begun. */
  #goOn(): void {
    // Digests may have waited for it.
    this.#sender.wake();
    if (this.#store.tellServices || !this.#mayTellServices()) return;
    this.#store.tellServices = true;
    this.#sender.include(this.#store.serviceIds());
  }

  /** The first one is sent at the beginning of an epoch. */
  async #digests(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await pause(this.#options.clock, digestMilliseconds, stop);
      if (!stop.aborted && this.#hub.epoch === this.#begun) this.#sender.digest();
    }
  }

  async #heartbeats(stop: AbortSignal): Promise<void> {
    const { bus, clock } = this.#options;
    while (!stop.aborted) {
      await pause(clock, heartbeatMilliseconds, stop);
      const epoch = this.#hub.epoch;
      if (stop.aborted || epoch === undefined) continue;
      const detail: HeartbeatDetail = {
        schema: schemaVersion,
        epoch,
        sentAt: clock.now(),
        process: this.#hub.process,
        endpoints: this.#store.endpoints,
        pending: this.#sender.pending,
        sequence: this.#sender.sequence,
        ...this.#store.servicesTold,
        ...(this.#hub.takes('hearing') ? { heard: this.status.heardAgo } : {}),
      };
      try {
        const [refused] = await bus.putEvents([
          { detailType: detailTypes.heartbeat, detail: JSON.stringify(detail) },
        ]);
        if (refused === undefined) this.status.accepted(0);
        else this.status.notSent(refused);
      } catch (error) {
        this.status.notSent(error);
      }
    }
  }
}
