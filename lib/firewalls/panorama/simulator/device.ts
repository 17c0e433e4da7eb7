import { type Element, child, childrenNamed, textAt } from '../xml.ts';
import { ConfigStore } from './config-store.ts';
import { DeviceGroups } from './device-groups.ts';
import { Jobs } from './jobs.ts';
import { RegisteredTable } from './registered-table.ts';
import { walk } from './xpath.ts';
import { CommitLog } from '../../../simulators/commit-log.ts';

export interface Behaviour {
  /** A pair of address and tag that is registered again. */
  duplicates: 'refused' | 'ignored';
  /** With `ignored`: whether its time begins anew. */
  refreshes: boolean;
  /** What comes first where one message takes a tag off and puts it on: what stands first, or always the putting on. */
  order: 'as-sent' | 'register-first';
  /** Status of the answer that names entries which were refused. */
  refusals: 'error' | 'success';
  /** What `count` in a listing of tags says. */
  count: 'page' | 'total';
  /** A commit without changes: no job, as administrators with all rights see it, or code 13, as custom roles do. */
  emptyCommit: 'success' | 'code-13';
  /**
   * HTTP status of an answer with code 400 or 403. Public clients read the text of such an answer, so it came with 200; newer versions are
   * said to send the code as status, too.
   */
  deniedStatus: 'ok' | 'as-code';
  /** How long a commit and a push take. */
  jobMs: number;
  /** How long tags that are registered on a Panorama take to its firewalls; undefined: it redistributes none. */
  redistributionMs?: number | undefined;
}

export interface DeviceFacts {
  kind: 'firewall' | 'panorama';
  serial: string;
  hostname: string;
  model: string;
  version: string;
  /** Of a pair; `alone` without one. */
  role: 'alone' | 'active' | 'passive';
  /** Of a managed firewall: whether its Panorama reaches it. */
  connected: boolean;
  vsys: string[];
  /** Of a Panorama: each after those above it, such as `emea/berlin`. */
  deviceGroups: string[];
  /** Of a managed firewall: the only one that it is in. */
  deviceGroup?: string | undefined;
  registeredIpsMax: number;
}

export interface Lock {
  kind: 'config' | 'commit';
  owner: string;
  scope: string;
  comment: string;
}

/** A PAN-OS firewall, or a Panorama with the firewalls that it manages. */
export class Device {
  readonly facts: DeviceFacts;
  readonly behaviour: Behaviour;
  readonly deviceGroups: DeviceGroups;
  config: ConfigStore;
  readonly jobs: Jobs;
  readonly managed = new Map<string, Device>();
  /** Tags at once, configuration when its commit has ended. */
  readonly commits = new CommitLog();
  readonly bootedAt: number;
  locks: Lock[] = [];
  /** The next commit or push ends with these problems. */
  nextJobFails: string[] | undefined;
  /** Serial numbers on which the next push fails. */
  nextPushFailsOn: string[] = [];
  /** What the last push of a device group brought to its firewalls. */
  readonly pushed = new Map<string, Element>();
  /** Of a managed firewall: what the last push brought to it. */
  received: Element | undefined;
  /** Of a managed firewall: administrators of its Panorama whose committed changes were not pushed to it. */
  lacks = new Set<string>();
  readonly #tables = new Map<string, RegisteredTable>();
  /** Tags of the Panorama that are on their way to this firewall. */
  readonly #arriving: { at: number; take: (table: RegisteredTable) => void }[] = [];
  readonly #now: () => number;

  constructor(facts: DeviceFacts, behaviour: Behaviour, now: () => number) {
    this.facts = facts;
    this.behaviour = behaviour;
    this.deviceGroups = new DeviceGroups(facts.deviceGroups);
    this.config = new ConfigStore((group) => this.deviceGroups.above(group));
    this.jobs = new Jobs(now);
    this.#now = now;
    this.bootedAt = now();
  }

  /** Registered tags of a virtual system; a Panorama has one table. */
  table(vsys = 'vsys1'): RegisteredTable {
    this.#arrive();
    return this.#tableOf(vsys);
  }

  #tableOf(vsys: string): RegisteredTable {
    const name = this.facts.kind === 'panorama' ? '' : vsys;
    const known = this.#tables.get(name);
    if (known) return known;
    const made = new RegisteredTable({
      now: this.#now,
      capacity: () => this.facts.registeredIpsMax,
      duplicates: () => this.behaviour.duplicates,
      refreshes: () => this.behaviour.refreshes,
    });
    this.#tables.set(name, made);
    return made;
  }

  /** Lets all firewalls that are connected take, a while later, what was registered on this Panorama. */
  redistribute(take: (table: RegisteredTable) => void): void {
    const { redistributionMs } = this.behaviour;
    if (redistributionMs === undefined) return;
    const at = this.now + redistributionMs;
    for (const firewall of this.managed.values()) firewall.#arriving.push({ at, take });
  }

  /** In the order in which they were sent; a firewall that is not connected gets them when it is. */
  #arrive(): void {
    while (this.facts.connected && (this.#arriving[0]?.at ?? Infinity) <= this.now)
      this.#arriving.shift()?.take(this.#tableOf('vsys1'));
  }

  reboot(): void {
    for (const table of this.#tables.values()) table.reboot();
  }

  /** Configuration and tags again, on their own: what is read there stays as it is now. */
  copy(): Device {
    this.jobs.settle();
    const copy = new Device(this.facts, this.behaviour, this.#now);
    copy.config = this.config.copy();
    for (const [name, table] of this.#tables) copy.#tables.set(name, table.copy());
    for (const [serial, managed] of this.managed) copy.managed.set(serial, managed.copy());
    return copy;
  }

  /** Managed firewalls that are in one of the groups themselves, not in one below it. */
  firewallsIn(groups: readonly string[]): Device[] {
    return [...this.managed.values()].filter(({ facts }) => groups.includes(facts.deviceGroup ?? ''));
  }

  /** Managed firewalls that have what lies in a device group, or in what is shared. */
  firewallsBelow(group: string | undefined): Device[] {
    const all = [...this.managed.values()];
    if (group === undefined) return all;
    return all.filter(({ facts: { deviceGroup = '' } }) =>
      [deviceGroup, ...this.deviceGroups.above(deviceGroup)].includes(group),
    );
  }

  get now(): number {
    return this.#now();
  }

  /** Dynamic groups that a committed rule uses, which are the only ones a firewall evaluates. */
  dynamicGroups(): { name: string; filter: string }[] {
    this.jobs.settle();
    const used = new Set<string>();
    const groups: { name: string; filter: string }[] = [];
    walk(this.config.running, (one) => {
      for (const list of ['source', 'destination'])
        for (const { text } of childrenNamed(child(one, list), 'member')) used.add(text.trim());
      const filter = textAt(one, 'dynamic', 'filter');
      if (one.name === 'entry' && filter !== undefined)
        groups.push({ name: one.attributes['name'] ?? '', filter });
    });
    return groups.filter(({ name }) => used.has(name));
  }
}
