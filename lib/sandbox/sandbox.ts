import { mkdir } from 'node:fs/promises';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { secretsClient } from '../aws/clients/secrets.ts';
import type { App } from '../app/compose.ts';
import { composeDevices } from '../app/compose-devices.ts';
import { modules } from '../app/compose-modules.ts';
import type { DevicePorts } from '../app/ports.ts';
import { applyConfiguration } from '../app/commands/apply.ts';
import { type FirewallPlan, planConfiguration } from '../app/commands/plan.ts';
import { loadConfiguration } from '../app/configuration/load.ts';
import type { Configuration } from '../app/configuration/model.ts';
import { names } from '../app/names.ts';
import type { Telemetry } from '../core/ports.ts';
import { startFortigateSimulator } from '../firewalls/fortigate/simulator/index.ts';
import type { AgentProcess } from './agent-process.ts';
import { type Ministack, startMinistack } from './aws/ministack.ts';
import {
  type Groups,
  sandboxCluster,
  type SandboxFirewall,
  sandboxHub,
  writeConfiguration,
} from './configuration.ts';
import { deployStacks } from './deploy.ts';
import { FirewallView } from './firewall-view.ts';
import { type Guest, startGuest } from './guest.ts';
import { SandboxCluster, type SandboxClusterOptions } from './sandbox-cluster.ts';

export interface FirewallOptions {
  version: string;
  /** The version as it stands in the configuration. */
  configured: string;
  groupMembers?: number;
  /** `default` alone unless given. */
  realms?: readonly string[];
}

export interface SandboxOptions {
  /** Made if missing; holds logs, configuration and state. */
  directory: string;
  /** Simulated FortiGates by id. */
  firewalls: Record<string, FirewallOptions>;
  /** Further firewalls by their kinds, one of each. */
  guests?: readonly string[];
  /** By their keys in the configuration. */
  clusters: Record<string, SandboxClusterOptions>;
  groups: Groups;
  progress: (line: string) => void;
}

const silent: Telemetry = { metric: () => undefined, info: () => undefined, warn: () => undefined };

/** The whole world on one machine: AWS emulator with the deployed stacks, clusters with their agents, and FortiGates. */
export class Sandbox {
  readonly options: SandboxOptions;
  readonly firewalls: Record<string, SandboxFirewall> = {};
  readonly views: Record<string, FirewallView> = {};
  readonly guests: Record<string, Guest> = {};
  readonly #clusters = new Map<string, SandboxCluster>();
  configurationPath = '';
  #ministack: Ministack | undefined;
  #app: App<DevicePorts> | undefined;
  #stopping: Promise<void> | undefined;
  /** Ends what is under way when the sandbox is stopped before it is up. */
  readonly #abort = new AbortController();

  constructor(options: SandboxOptions) {
    this.options = options;
    for (const [key, cluster] of Object.entries(options.clusters))
      this.#clusters.set(key, new SandboxCluster(key, `${options.directory}/clusters/${key}`, cluster));
  }

  /** Everything up to the deployed stacks and an active configuration; agents are started apart. Stops all of it when a part fails. */
  async start(): Promise<this> {
    const { directory, progress } = this.options;
    await mkdir(directory, { recursive: true });
    try {
      await this.startParts();
      const { signal } = this;
      signal.throwIfAborted();
      const environment = this.environment;
      Object.assign(process.env, environment);
      await this.configure(this.options.groups);
      await deployStacks({ configuration: this.configurationPath, directory, environment, progress, signal });
      for (const [id, { simulator }] of Object.entries(this.firewalls))
        await this.storeSecret(id, simulator.token);
      for (const [id, { simulator }] of Object.entries(this.guests))
        if (simulator.secret !== '') await this.storeSecret(id, simulator.secret);
      await this.apply(this.options.groups);
      return this;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  private async startParts(): Promise<void> {
    const { directory, progress, firewalls } = this.options;
    const starts = [
      (async () => {
        this.#ministack = await startMinistack({
          directory,
          progress,
          settings: { LAMBDA_WARM_TTL_SECONDS: '3600' },
        });
      })(),
      ...[...this.#clusters.values()].map(async (cluster) => cluster.start(progress)),
      (async () => {
        for (const [id, { version, configured, groupMembers, realms }] of Object.entries(firewalls)) {
          const limits = groupMembers === undefined ? {} : { limits: { groupMembers } };
          const simulator = await startFortigateSimulator({
            version,
            certificateDirectory: `${directory}/${id}`,
            ...limits,
          });
          const fields = realms === undefined ? {} : { realms };
          this.firewalls[id] = { simulator, version: configured, fields };
          this.views[id] = new FirewallView(simulator);
        }
        for (const kind of this.options.guests ?? [])
          this.guests[kind] = await startGuest(kind, `${directory}/${kind}`, () => this.app);
      })(),
    ];
    const ends = await Promise.allSettled(starts);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** Fires when the sandbox is stopped. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** For every process that shall act on the sandbox. */
  get environment(): Record<string, string> {
    return this.#ministack?.environment ?? {};
  }

  /** The sandbox's own cluster unless named. */
  cluster(key = sandboxCluster): SandboxCluster {
    const cluster = this.#clusters.get(key);
    if (!cluster) throw new TypeError(`no cluster ${key} in the sandbox`);
    return cluster;
  }

  /** The product over the emulator, for commands; says nothing by itself. */
  get app(): App<DevicePorts> {
    if (!this.#app) {
      const app = composeDevices(sandboxHub);
      this.#app = { ...app, ports: { ...app.ports, telemetry: silent } };
    }
    return this.#app;
  }

  view(firewall: string): FirewallView {
    const view = this.views[firewall];
    if (!view) throw new TypeError(`no firewall ${firewall} in the sandbox`);
    return view;
  }

  /** Starts the agent of a cluster; of the sandbox's own one unless named. */
  async startAgent(cluster?: string): Promise<AgentProcess> {
    this.#abort.signal.throwIfAborted();
    return this.cluster(cluster).startAgent(this.environment);
  }

  /** Ends a cluster and its agent; what is applied from now on does not name it. */
  async removeCluster(key: string): Promise<void> {
    await this.cluster(key).stop();
    this.#clusters.delete(key);
  }

  /** Plans and activates other groups, as `zonebridge apply` does. */
  async apply(groups: Groups): Promise<{ plans: FirewallPlan[]; configuration: Configuration }> {
    await this.configure(groups);
    const { configuration } = await loadConfiguration(this.configurationPath, { modules });
    const plans = await planConfiguration(this.app.ports, this.app.configurations, configuration);
    await applyConfiguration(this.app, { configuration, plans, author: 'sandbox' });
    return { plans, configuration };
  }

  private async configure(groups: Groups): Promise<void> {
    const clusters = Object.fromEntries([...this.#clusters].map(([key, { entry }]) => [key, entry]));
    const { firewalls, guests } = this;
    this.configurationPath = await writeConfiguration(this.options.directory, {
      firewalls,
      guests,
      groups,
      clusters,
    });
  }

  private async storeSecret(firewall: string, value: string): Promise<void> {
    const SecretId = names.secret(sandboxHub, firewall);
    await secretsClient().send(new PutSecretValueCommand({ SecretId, SecretString: value }));
  }

  /** Ends everything that was started; may be called again. */
  stop(): Promise<void> {
    this.#abort.abort(new Error('the sandbox was stopped'));
    this.#stopping ??= this.stopParts();
    return this.#stopping;
  }

  private async stopParts(): Promise<void> {
    const clusters = [...this.#clusters.values()];
    await Promise.allSettled(clusters.map(async (cluster) => cluster.stop()));
    await Promise.allSettled([
      this.#ministack?.stop(),
      ...[...Object.values(this.firewalls), ...Object.values(this.guests)].map(({ simulator }) =>
        simulator.stop(),
      ),
    ]);
  }
}
