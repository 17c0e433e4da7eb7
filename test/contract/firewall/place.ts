import type {
  FirewallConnection,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
} from '../../../lib/core/firewall.ts';
import { ownComment } from '../../../lib/core/plan/ownership.ts';
import type { ChannelPromise, Rig } from '../../support/firewalls/rig.ts';
import { rigs, variants } from '../../support/firewalls/rigs.ts';

export const hub = 'test';
const firewall = 'edge-1';
/** Comment of an object that somebody else made. */
export const byHand = 'made by a person';

const clock = {
  now: () => Date.now(),
  sleep: async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

/** One channel of a simulated firewall, and on it an object of a free name for one test after the other. */
export class Place {
  readonly kind: string;
  readonly channel: string;
  #rig: Rig | undefined;
  #connection: FirewallConnection | undefined;
  #object: ObjectRef | undefined;
  #groups = 0;

  constructor(kind: string, channel: string) {
    this.kind = kind;
    this.channel = channel;
  }

  async start(): Promise<void> {
    this.#rig = await (rigs[this.kind] ?? variants[this.kind]?.start)?.();
  }

  async stop(): Promise<void> {
    await this.#rig?.stop();
  }

  /** Before each test: another object, and a connection of its own. */
  async next(): Promise<void> {
    this.#connection = await this.connect(this.rig.settings);
    this.use(this.named(`group-${++this.#groups}`));
  }

  /** After each test. */
  async calm(): Promise<void> {
    this.rig.calm();
    await this.connection.close();
  }

  get rig(): Rig {
    return given(this.#rig);
  }

  get promise(): ChannelPromise {
    return given(this.rig.channels[this.channel]);
  }

  get connection(): FirewallConnection {
    return given(this.#connection);
  }

  get object(): ObjectRef {
    return given(this.#object);
  }

  /** The test goes on with this object. */
  use(object: ObjectRef): void {
    this.#object = object;
  }

  /** Where nothing is ever made, an object without members is nothing. */
  get byName(): boolean {
    return this.rig.module.facts.channels[this.channel]?.madeByName === true;
  }

  get identity(): { hub: string; firewall: string; scope: string; object: string } {
    const { module, settings } = this.rig;
    return { hub, firewall, scope: module.scope(module.settings.parse(settings)), object: this.object.name };
  }

  commentFor(name: string): string {
    return ownComment({ ...this.identity, object: name });
  }

  async connect(
    settings: Record<string, unknown>,
    more: { deadline?: number } = {},
  ): Promise<FirewallConnection> {
    const { module, credential } = this.rig;
    return await module.connect({
      firewall,
      hub,
      settings: module.settings.parse(settings),
      credential: module.withoutCredential ? '' : credential,
      clock,
      deadline: more.deadline ?? Date.now() + 60_000,
      commentFor: (name) => this.commentFor(name),
    });
  }

  named(group: string, channel = this.channel): ObjectRef {
    const name = this.rig.module.objectName({ hub, group, channel, firewall });
    return { group, name, channel, create: 'own' };
  }

  async apply(changes: Partial<ObjectChanges>, by = this.connection): Promise<ObjectReport> {
    const [report] = await by.apply([
      { object: this.object, add: [], remove: [], expectedCount: 0, ...changes },
    ]);
    return given(report);
  }

  async create(addresses: readonly string[] = []): Promise<ObjectReport> {
    const createWith = { comment: this.commentFor(this.object.name) };
    return await this.apply({ createWith, add: addresses, expectedCount: addresses.length });
  }

  /** Our very name is nobody else's where the name is the mark: then a foreign object has another one. */
  createForeign(): void {
    if (this.byName) this.use({ ...this.object, name: `theirs-${this.object.group}` });
    this.rig.createForeign(this.channel, this.object.name);
  }

  /** What the device lets match; undefined where there is no object. */
  enforced(): string[] | undefined {
    const found = this.rig.enforced(this.channel, this.object.name)?.sort();
    return this.byName ? (found ?? []) : found;
  }

  /** What `enforced` is when there is no object. */
  get nothing(): string[] | undefined {
    return this.byName ? [] : undefined;
  }

  async observed(): Promise<string[]> {
    return [...(await this.connection.observeMembers(this.object))].sort();
  }
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not there yet, or not in the registry');
  return value;
}
