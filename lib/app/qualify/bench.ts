import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { FirewallConnection, ObjectChanges, ObjectRef, ObjectReport } from '../../core/firewall.ts';
import { ownComment } from '../../core/plan/ownership.ts';
import type { Configuration } from '../configuration/model.ts';
import { storedCredential } from '../needs-credential.ts';
import type { DevicePorts } from '../ports.ts';
import { identityOf, moduleOf } from '../targets.ts';
import { unknownFirewall } from '../unknown-name.ts';
import { openFirewall, openFirewallWith, type OpenFirewall } from '../sync/connect.ts';

/** Longest time one trial may take; a first sync over a slow manager needs minutes. */
const trialMs = 600_000;

/** What a device was asked. `bytes`: there and back. */
export interface Cost {
  calls: number;
  bytes: number;
}

/** A place on a device where trials make objects and take them away again. */
export class Bench {
  readonly channel: string;
  readonly size: number;
  readonly #ports: DevicePorts;
  readonly #configuration: Configuration;
  readonly #firewall: string;
  /** By name, with the hub that made it. */
  readonly #made = new Map<string, { object: ObjectRef; hub: string }>();
  #open: OpenFirewall | undefined;
  /** Of connections that were closed. */
  #before: Cost = { calls: 0, bytes: 0 };

  constructor(
    ports: DevicePorts,
    configuration: Configuration,
    at: { firewall: string; channel: string; size: number },
  ) {
    this.#ports = ports;
    this.#configuration = configuration;
    this.#firewall = at.firewall;
    this.channel = at.channel;
    this.size = at.size;
  }

  /** Connects anew, as a run does: nothing is known from the trial before. */
  async connect(): Promise<FirewallConnection> {
    await this.disconnect();
    const deadline = this.#ports.clock.now() + trialMs;
    this.#open = await openFirewall(this.#ports, this.#configuration, {
      firewall: this.#firewall,
      deadline,
    });
    return this.#open.connection;
  }

  get connection(): FirewallConnection {
    return this.open.connection;
  }

  get open(): OpenFirewall {
    if (!this.#open) throw new TypeError('the bench is not connected');
    return this.#open;
  }

  async disconnect(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    this.#before = this.#with(open);
    await open.connection.close();
  }

  /** Since the bench was made. */
  cost(): Cost {
    return this.#open ? this.#with(this.#open) : this.#before;
  }

  #with({ connection }: OpenFirewall): Cost {
    const { calls, bytesSent, bytesReceived } = connection.usage();
    return { calls: this.#before.calls + calls, bytes: this.#before.bytes + bytesSent + bytesReceived };
  }

  now(): number {
    return this.#ports.clock.now();
  }

  /** An object for a trial; its name tells whose it is. */
  object(group: string, sizeHint = 10, hub = this.#ports.hub): ObjectRef {
    const { module } = this.open;
    const name = module.objectName({
      hub,
      group: `qualify-${group}`,
      channel: this.channel,
      firewall: this.#firewall,
    });
    return { group: `qualify-${group}`, name, channel: this.channel, create: 'own', sizeHint };
  }

  /** Nothing is made there: an object of ours is its name, and nothing apart from its members. */
  get byName(): boolean {
    return this.open.module.facts.channels[this.channel]?.madeByName === true;
  }

  /** An object of another hub: of our name with its mark, or with its name where the name is the mark. */
  foreignObject(group: string, hub: string): ObjectRef {
    return this.byName ? this.object(group, 10, hub) : this.object(group);
  }

  identity(object: ObjectRef): ReturnType<typeof identityOf> {
    const { module, settings } = this.open;
    return identityOf(this.#ports.hub, this.#firewall, { module, settings, object: object.name });
  }

  /** Makes an object with these members, and remembers to take it away. */
  async make(object: ObjectRef, add: readonly string[] = []): Promise<ObjectReport> {
    this.#made.set(object.name, { object, hub: this.#ports.hub });
    return await this.change(object, {
      createWith: { comment: ownComment(this.identity(object)) },
      add,
      expectedCount: add.length,
    });
  }

  /** Makes an object as another hub would, with its mark. */
  async makeForeign(object: ObjectRef, hub: string): Promise<ObjectReport> {
    const { module, settings } = this.open;
    const identity = identityOf(hub, this.#firewall, { module, settings, object: object.name });
    const connection = await this.#connectAs(hub);
    try {
      this.#made.set(object.name, { object, hub });
      const createWith = { comment: ownComment(identity) };
      const [report] = await connection.apply([
        { object, createWith, add: [], remove: [], expectedCount: 0 },
      ]);
      if (!report) throw new ZonebridgeError('firewall/unexpected-answer', `no report about ${object.name}`);
      return report;
    } finally {
      await connection.close();
    }
  }

  async #connectAs(hub: string): Promise<FirewallConnection> {
    const firewall = this.#firewall;
    const settings = this.#configuration.firewalls[firewall];
    if (!settings) throw unknownFirewall(this.#configuration, firewall);
    const module = moduleOf(this.#ports.firewalls, settings);
    const credential = await storedCredential(this.#ports, module, firewall);
    const deadline = this.#ports.clock.now() + trialMs;
    const as = { ...this.#ports, hub };
    const opened = await openFirewallWith(as, this.#configuration, { firewall, deadline, credential });
    return opened.connection;
  }

  async change(
    object: ObjectRef,
    changes: Partial<Omit<ObjectChanges, 'object'>> & { expectedCount: number },
  ): Promise<ObjectReport> {
    const [report] = await this.connection.apply([{ object, add: [], remove: [], ...changes }]);
    if (!report) throw new ZonebridgeError('firewall/unexpected-answer', `no report about ${object.name}`);
    return report;
  }

  async members(object: ObjectRef): Promise<string[]> {
    return [...(await this.connection.observeMembers(object))].sort();
  }

  /** Takes away what trials made; gives the names of what could not be. */
  async clear(): Promise<string[]> {
    const left: string[] = [];
    for (const { object, hub } of this.#made.values()) {
      const connection = await this.#connectAs(hub);
      try {
        if (!(await connection.observeObject(object)).exists) continue;
        const remove = await connection.observeMembers(object);
        if (remove.length > 0) await connection.apply([{ object, add: [], remove, expectedCount: 0 }]);
        await connection.deleteObject(object);
      } catch (error) {
        if (!isZonebridgeError(error)) throw error;
        left.push(`${object.name} (${error.code})`);
      } finally {
        await connection.close();
      }
    }
    this.#made.clear();
    return left;
  }
}
