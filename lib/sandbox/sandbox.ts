import { mkdir, rm } from 'node:fs/promises';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { secretsClient } from '../aws/clients/secrets.ts';
import type { App } from '../app/compose.ts';
import { compose } from '../app/compose.ts';
import { modules } from '../app/compose-modules.ts';
import { applyConfiguration } from '../app/commands/apply.ts';
import { type FirewallPlan, planConfiguration } from '../app/commands/plan.ts';
import { loadConfiguration } from '../app/configuration/load.ts';
import type { Configuration } from '../app/configuration/model.ts';
import { names } from '../app/names.ts';
import type { Telemetry } from '../core/ports.ts';
import { startFortigateSimulator } from '../firewalls/fortigate/simulator/index.ts';
import { type AgentProcess, startAgent } from './agent-process.ts';
import { type Ministack, startMinistack } from './aws/ministack.ts';
import { type Groups, type SandboxFirewall, sandboxHub, writeConfiguration } from './configuration.ts';
import { deployStacks } from './deploy.ts';
import { FirewallView } from './firewall-view.ts';
import { type ClusterParts, type SandboxApi, startApi } from './kubernetes/choose.ts';

export interface SandboxOptions {
  /** Made if missing; holds logs, configuration and state. */
  directory: string;
  /** Simulated FortiGates by id. */
  firewalls: Record<string, { version: string; configured: string; groupMembers?: number }>;
  groups: Groups;
  kubernetes: ClusterParts;
  progress: (line: string) => void;
}

const silent: Telemetry = { metric: () => undefined, info: () => undefined, warn: () => undefined };

/** The whole world on one machine: AWS emulator with the deployed stacks, Kubernetes API, FortiGates, and an agent between them. */
export class Sandbox {
  readonly options: SandboxOptions;
  readonly firewalls: Record<string, SandboxFirewall> = {};
  readonly views: Record<string, FirewallView> = {};
  configurationPath = '';
  #ministack: Ministack | undefined;
  #kubernetes: SandboxApi | undefined;
  #agent: AgentProcess | undefined;
  #app: App | undefined;
  #stopping: Promise<void> | undefined;
  /** Ends what is under way when the sandbox is stopped before it is up. */
  readonly #abort = new AbortController();

  constructor(options: SandboxOptions) {
    this.options = options;
  }

  /** Everything up to the deployed stacks and an active configuration; the agent is started apart. Stops all of it when a part fails. */
  async start(): Promise<this> {
    const { directory, progress } = this.options;
    await mkdir(directory, { recursive: true });
    try {
      await this.startParts();
      const { signal } = this.#abort;
      signal.throwIfAborted();
      const environment = this.environment;
      Object.assign(process.env, environment);
      this.configurationPath = await writeConfiguration(directory, this.firewalls, this.options.groups);
      await deployStacks({ configuration: this.configurationPath, directory, environment, progress, signal });
      for (const [id, { simulator }] of Object.entries(this.firewalls))
        await this.storeSecret(id, simulator.token);
      await this.apply(this.options.groups);
      return this;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  private async startParts(): Promise<void> {
    const { directory, progress, firewalls, kubernetes } = this.options;
    const starts = [
      (async () => {
        this.#ministack = await startMinistack({
          directory,
          progress,
          settings: { LAMBDA_WARM_TTL_SECONDS: '3600' },
        });
      })(),
      (async () => {
        this.#kubernetes = await startApi(kubernetes, `${directory}/kubernetes`, progress);
      })(),
      (async () => {
        for (const [id, { version, configured, groupMembers }] of Object.entries(firewalls)) {
          const limits = groupMembers === undefined ? {} : { limits: { groupMembers } };
          const simulator = await startFortigateSimulator({
            version,
            certificateDirectory: `${directory}/${id}`,
            ...limits,
          });
          this.firewalls[id] = { simulator, version: configured };
          this.views[id] = new FirewallView(simulator);
        }
      })(),
    ];
    const ends = await Promise.allSettled(starts);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** For every process that shall act on the sandbox. */
  get environment(): Record<string, string> {
    return this.#ministack?.environment ?? {};
  }

  get kubeconfig(): string {
    return this.#kubernetes?.kubeconfig ?? '';
  }

  get agent(): AgentProcess | undefined {
    return this.#agent;
  }

  /** The product over the emulator, for commands; says nothing by itself. */
  get app(): App {
    if (!this.#app) {
      const app = compose(sandboxHub);
      this.#app = { ...app, ports: { ...app.ports, telemetry: silent } };
    }
    return this.#app;
  }

  view(firewall: string): FirewallView {
    const view = this.views[firewall];
    if (!view) throw new TypeError(`no firewall ${firewall} in the sandbox`);
    return view;
  }

  async startAgent(): Promise<AgentProcess> {
    const { directory } = this.options;
    this.#abort.signal.throwIfAborted();
    this.#agent = await startAgent({ directory, kubeconfig: this.kubeconfig, environment: this.environment });
    return this.#agent;
  }

  /** Plans and activates other groups, as `zonebridge apply` does. */
  async apply(groups: Groups): Promise<{ plans: FirewallPlan[]; configuration: Configuration }> {
    this.configurationPath = await writeConfiguration(this.options.directory, this.firewalls, groups);
    const { configuration } = await loadConfiguration(this.configurationPath, { modules });
    const plans = await planConfiguration(this.app.ports, this.app.configurations, configuration);
    await applyConfiguration(this.app, { configuration, plans, author: 'sandbox' });
    return { plans, configuration };
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
    await this.#agent?.stop();
    await Promise.allSettled([
      this.#ministack?.stop(),
      this.#kubernetes?.stop(),
      ...Object.values(this.firewalls).map(({ simulator }) => simulator.stop()),
    ]);
    await rm(`${this.options.directory}/kubernetes`, { recursive: true, force: true });
  }
}
