import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { type AgentProcess, startAgent } from './agent-process.ts';
import { Cluster } from './cluster.ts';
import { type ClusterEntry, sandboxEntry } from './configuration.ts';
import { type ApiSource, type SandboxApi, startApi } from './kubernetes/choose.ts';

export interface SandboxClusterOptions {
  kubernetes: ApiSource;
  /** Account, realm and ranges; those of the sandbox's own cluster unless given. */
  entry?: ClusterEntry;
}

const agentPatienceMs = 60_000;

/** One cluster of the sandbox: a Kubernetes API, the hands that change things in it, and the agent that tells the hub. */
export class SandboxCluster {
  /** Its key in the configuration, and its name. */
  readonly key: string;
  readonly entry: ClusterEntry;
  readonly #kubernetes: ApiSource;
  readonly #directory: string;
  #api: SandboxApi | undefined;
  #agent: AgentProcess | undefined;
  #hands: Cluster | undefined;
  #stopping: Promise<void> | undefined;

  /** Logs, and the state of an API of its own, are kept in the folder. */
  constructor(key: string, directory: string, { kubernetes, entry = sandboxEntry }: SandboxClusterOptions) {
    this.key = key;
    this.entry = entry;
    this.#directory = directory;
    this.#kubernetes = kubernetes;
  }

  /** Starts its API; the agent is started apart. */
  async start(progress: (line: string) => void): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    this.#api = await startApi(this.#kubernetes, join(this.#directory, 'kubernetes'), progress);
  }

  /** Path of the kubeconfig; empty before the start. */
  get kubeconfig(): string {
    return this.#api?.kubeconfig ?? '';
  }

  /** What can be done in it. */
  get hands(): Cluster {
    this.#hands ??= new Cluster(this.kubeconfig, this.#api?.context);
    return this.#hands;
  }

  get agent(): AgentProcess | undefined {
    return this.#agent;
  }

  /** Starts its agent over the emulator that the environment names. */
  async startAgent(environment: Record<string, string>): Promise<AgentProcess> {
    const { key, entry, kubeconfig } = this;
    this.#agent = await startAgent({
      cluster: { account: entry.account, name: key },
      log: join(this.#directory, 'agent.log'),
      kubeconfig,
      environment: { ...environment, ...this.#api?.agentSettings },
    });
    return this.#agent;
  }

  /** Waits until the hub has given the agent its epoch and has what the cluster holds. */
  async agentReady(): Promise<void> {
    const end = performance.now() + agentPatienceMs;
    while (performance.now() < end) {
      const answer = await request(`${this.#agent?.url}/readyz`).catch(() => undefined);
      await answer?.body.dump();
      if (answer?.statusCode === 200) return;
      await delay(50);
    }
    throw new Error(`the agent of ${this.key} did not become ready; see ${this.#directory}/agent.log`);
  }

  /** Ends agent and API, and removes the state of an API of its own; may be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopParts();
    return this.#stopping;
  }

  async #stopParts(): Promise<void> {
    await this.#agent?.stop();
    await this.#api?.stop();
    await rm(join(this.#directory, 'kubernetes'), { recursive: true, force: true });
  }
}
