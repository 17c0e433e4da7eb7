import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Commit, FortigateSimulator } from '../../lib/firewalls/fortigate/simulator/index.ts';
import type { Cluster } from '../../lib/sandbox/cluster.ts';
import { type Groups, sandboxCluster } from '../../lib/sandbox/configuration.ts';
import { Sandbox, type SandboxOptions } from '../../lib/sandbox/sandbox.ts';

export const namespace = 'bench';
const node = 'bench-node';

export interface BenchPod {
  name: string;
  address: string;
}

/** Counts of requests of the firewall's API between two moments. */
export interface Traffic {
  calls: number;
  writes: number;
  bytes: number;
}

export interface RigOptions {
  firewalls: SandboxOptions['firewalls'];
  groups: Groups;
  progress: (line: string) => void;
}

/** The sandbox of a benchmark: an API without kubelets, FortiGates in networks of their own, an agent. */
export class Rig {
  readonly sandbox: Sandbox;
  readonly cluster: Cluster;
  #pods = 0;

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
    this.cluster = sandbox.cluster().hands;
  }

  static async start({ firewalls, groups, progress }: RigOptions): Promise<Rig> {
    const directory = join(import.meta.dirname, '..', '..', '.cache', 'bench');
    await rm(directory, { recursive: true, force: true });
    const kubernetes = { api: 'real', controllers: false, nodes: false } as const;
    const clusters = { [sandboxCluster]: { kubernetes } };
    const sandbox = new Sandbox({ directory, firewalls, clusters, groups, progress });
    await sandbox.start();
    const rig = new Rig(sandbox);
    try {
      await rig.cluster.addNamespace(namespace);
      await rig.cluster.addNode(node, '10.0.0.1', false);
      await sandbox.startAgent();
      await sandbox.cluster().agentReady();
    } catch (error) {
      await sandbox.stop();
      throw error;
    }
    return rig;
  }

  simulator(firewall: string): FortigateSimulator {
    return this.sandbox.view(firewall).simulator;
  }

  /** Pods without address, so that giving the address is the one change that is measured. */
  async createPods(group: string, count: number): Promise<BenchPod[]> {
    const pods = Array.from({ length: count }, () => {
      const number = this.#pods++;
      return {
        name: `p${number}`,
        address: `10.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`,
      };
    });
    await this.each(pods, ({ name }) => this.cluster.createPod(namespace, { name, node, labels: { group } }));
    return pods;
  }

  /** Gives addresses as fast as the API takes them. */
  async each<T>(elements: readonly T[], task: (element: T) => Promise<unknown>, width = 16): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < elements.length) await task(elements[next++] as T);
    };
    await Promise.all(Array.from({ length: width }, worker));
  }

  /** Fills a group through the whole path and waits until the firewall has it. */
  async fill(firewall: 'push' | 'objects', group: string, size: number): Promise<void> {
    await this.runPods(group, size);
    for (let i = 0; i < 6000; i++) {
      if (this.size(firewall, group, firewall) >= size) return;
      await delay(100);
    }
    throw new Error(`${group} was not filled`);
  }

  /** Pods with their addresses, as fast as the API takes them. */
  async runPods(group: string, count: number): Promise<BenchPod[]> {
    const pods = await this.createPods(group, count);
    await this.each(pods, ({ name, address }) => this.cluster.runPod(namespace, name, address));
    return pods;
  }

  /** Members that a firewall has of a group, seen without asking over the wire. */
  size(firewall: string, group: string, channel: 'push' | 'objects'): number {
    const view = this.sandbox.view(firewall);
    return membersOf(view.simulator, channel, view.name(group, channel));
  }

  traffic(firewall: string): Traffic {
    const traffic: Traffic = { calls: 0, writes: 0, bytes: 0 };
    for (const { method, count, bytesReceived, bytesSent } of this.simulator(firewall).requests.list()) {
      traffic.calls += count;
      if (method !== 'GET') traffic.writes += count;
      traffic.bytes += bytesReceived + bytesSent;
    }
    return traffic;
  }

  /** Moment of the commit that put an address on a firewall; undefined when it did not come in time. */
  async committed(
    firewall: string,
    from: number,
    address: string,
    timeoutMs: number,
  ): Promise<Commit | undefined> {
    const { commits } = this.simulator(firewall);
    const end = performance.now() + timeoutMs;
    for (;;) {
      const commit = commits.after(from).find((one) => names(one, firewall, address));
      if (commit || performance.now() > end) return commit;
      await delay(2);
    }
  }

  async stop(): Promise<void> {
    await this.sandbox.stop();
  }
}

/** A commit that makes the address part of a group. */
function names({ kind, added }: Commit, firewall: string, address: string): boolean {
  if (firewall === 'push') return kind === 'feed-add' && (added?.['entries']?.includes(address) ?? false);
  const suffix = `-${address}`;
  return (
    (kind === 'member-add' || kind === 'update') &&
    (added?.['member']?.some((name) => name.endsWith(suffix)) ?? false)
  );
}

function membersOf(simulator: FortigateSimulator, firewall: string, object: string): number {
  const vdom = simulator.device.vdom('root');
  if (firewall === 'push')
    return vdom.table('system/external-resource')?.rows.has(object)
      ? vdom.feeds.read(object).entries.size
      : 0;
  const groups = vdom.table('firewall/addrgrp')?.rows;
  let count = 0;
  for (const [name, row] of groups ?? []) {
    const shard = name.startsWith(`${object}_`);
    const members = [...(row.lists.get('member')?.keys() ?? [])].filter(
      (member) => member !== 'none' && !member.startsWith(`${object}_`),
    );
    if (name === object || shard) count += members.length;
  }
  return count;
}

/** The entry of a group of this name as it stands in zonebridge.yaml, with brakes wide open. */
export function benchGroup(
  name: string,
  targets: Readonly<Record<string, 'push' | 'objects'>>,
): Groups[string] {
  return {
    addresses: 'pod',
    select: `group == '${name}'`,
    namespaces: `kubernetes.io/metadata.name == '${namespace}'`,
    usedIn: 'allow',
    maxMembers: 20_000,
    brakes: { shrink: { minimum: 100_000, share: 1 }, growth: { minimum: 100_000, share: 1 } },
    publish: Object.entries(targets).map(([firewall, channel]) => ({
      firewall,
      channel,
      create: 'own',
      mode: 'sync',
      ...(channel === 'objects' ? { acceptConfigChurn: { writesPerHour: 10_000_000 } } : {}),
    })),
  };
}
