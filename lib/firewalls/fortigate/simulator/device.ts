import { CommitLog } from '../../../simulators/commit-log.ts';
import type { Change, PlacedChange } from './change.ts';
import type { FeedState } from './feeds.ts';
import { type Json, type JsonObject, textOf } from './refusal.ts';
import type { Row } from './row.ts';
import type { Settings } from './settings.ts';
import { formatVersion, parseVersion } from './version.ts';
import { Transactions } from './transactions.ts';
import { Vdom } from './vdom.ts';

/** What the state file holds. */
export interface DeviceState {
  format: 1;
  version: string;
  serial: string;
  bootTime: number;
  vdoms: Record<string, { rows: Record<string, JsonObject[]>; feeds: Record<string, FeedState> }>;
}

/** The device: VDOMs, settings and the log of what was accepted. Knows no HTTP. */
export class Device {
  readonly settings: Settings;
  readonly vdoms = new Map<string, Vdom>();
  readonly commits = new CommitLog<PlacedChange>();
  /** They end with the device and are in no state file. */
  readonly transactions = new Transactions();
  /** Called after every accepted change. */
  onChange: () => void = () => undefined;

  constructor(settings: Settings, vdoms: readonly string[]) {
    this.settings = settings;
    for (const name of vdoms) {
      this.addVdom(name);
    }
  }

  /** The management VDOM, used when a request names none. */
  get managementVdom(): string {
    return this.vdoms.has('root') ? 'root' : ([...this.vdoms.keys()][0] ?? 'root');
  }

  addVdom(name: string): Vdom {
    const vdom = new Vdom(name, this.settings, () => this.#entriesOutside(name));
    this.vdoms.set(name, vdom);
    return vdom;
  }

  /** A VDOM that must exist; throws RangeError. For tests and the administration of the simulator. */
  vdom(name: string): Vdom {
    const vdom = this.vdoms.get(name);
    if (vdom === undefined) {
      throw new RangeError(`VDOM ${JSON.stringify(name)} does not exist.`);
    }
    return vdom;
  }

  /** An API administrator, as the management VDOM lists it. */
  apiUser(name: string): { profile: string } | undefined {
    const row = this.vdom(this.managementVdom).table('system/api-user')?.rows.get(name);
    return row && { profile: textOf(row.values.get('accprofile')) };
  }

  record(vdom: string, change: Change | undefined): void {
    if (change !== undefined) {
      this.commits.append({ vdom, ...change });
      this.onChange();
    }
  }

  /** Starts again: a new boot time, and pushed feed entries kept or lost (which of both real devices do is not known). */
  reboot(feedEntries: 'kept' | 'lost', now: number): void {
    this.settings.bootTime = now;
    this.transactions.endAll();
    for (const vdom of feedEntries === 'lost' ? this.vdoms.values() : []) {
      for (const name of vdom.feeds.names()) {
        const removed = vdom.feeds.drop(name);
        this.record(vdom.name, {
          kind: 'feed-lost',
          path: 'system/external-resource',
          key: name,
          removed: { entries: removed },
        });
      }
    }
    this.onChange();
  }

  snapshot(): DeviceState {
    const vdoms: DeviceState['vdoms'] = {};
    for (const vdom of this.vdoms.values()) {
      const rows: Record<string, JsonObject[]> = {};
      for (const table of vdom.tables()) {
        rows[table.schema.path] = [...table.rows.values()].map((row) => storedRow(row, table.schema.key));
      }
      vdoms[vdom.name] = { rows, feeds: vdom.feeds.snapshot() };
    }
    const { version, serial, bootTime } = this.settings;
    return { format: 1, version: formatVersion(version), serial, bootTime, vdoms };
  }

  /** Fills an empty device from a snapshot. Throws a Refusal or RangeError when the snapshot does not fit. */
  restore(state: DeviceState): void {
    Object.assign(this.settings, {
      version: parseVersion(state.version),
      serial: state.serial,
      bootTime: state.bootTime,
    });
    for (const [name, content] of Object.entries(state.vdoms)) {
      const vdom = this.vdoms.get(name) ?? this.addVdom(name);
      restoreRows(vdom, content.rows);
      vdom.feeds.restore(content.feeds);
    }
  }

  /** The same device again, on its own: answers from it stay as they are now. */
  copy(): Device {
    const copy = new Device({ ...this.settings }, [...this.vdoms.keys()]);
    copy.restore(this.snapshot());
    return copy;
  }

  #entriesOutside(name: string): number {
    let entries = 0;
    for (const vdom of this.vdoms.values()) {
      entries += vdom.name === name ? 0 : vdom.feeds.total;
    }
    return entries;
  }
}

/** Rows first without their lists, then the lists: groups may contain groups that come later. */
function restoreRows(vdom: Vdom, rows: Record<string, JsonObject[]>): void {
  for (const table of vdom.tables()) {
    for (const row of rows[table.schema.path] ?? []) {
      table.load(row, 'values');
    }
  }
  for (const table of vdom.tables()) {
    for (const row of rows[table.schema.path] ?? []) {
      table.load(row, 'lists');
    }
  }
}

function storedRow(row: Row, key: string): JsonObject {
  const lists: [string, Json][] = [...row.lists].map(([name, links]) => [
    name,
    [...links.keys()].map((member) => ({ name: member })),
  ]);
  return { [key]: row.key, ...Object.fromEntries(row.values), ...Object.fromEntries(lists) };
}
