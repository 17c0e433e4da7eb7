import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { stringify } from 'yaml';
import { applyConfiguration } from '../../../lib/app/commands/apply.ts';
import { planConfiguration } from '../../../lib/app/commands/plan.ts';
import type { App } from '../../../lib/app/compose.ts';
import { composeDevices } from '../../../lib/app/compose-devices.ts';
import { modules } from '../../../lib/app/compose-modules.ts';
import type { DevicePorts } from '../../../lib/app/ports.ts';
import { loadConfiguration } from '../../../lib/app/configuration/load.ts';
import { names } from '../../../lib/app/names.ts';
import { queuesClient } from '../../../lib/aws/clients/queues.ts';
import { secretsClient } from '../../../lib/aws/clients/secrets.ts';
import {
  type FortigateSimulator,
  startFortigateSimulator,
} from '../../../lib/firewalls/fortigate/simulator/index.ts';
import { type Ministack, startMinistack } from '../../../lib/sandbox/aws/ministack.ts';
import {
  type Groups,
  sandboxAccount,
  sandboxCluster,
  sandboxHub,
  sandboxRegion,
} from '../../../lib/sandbox/configuration.ts';
import { deployStacks } from '../../../lib/sandbox/deploy.ts';
import { awsCall } from './aws-call.ts';
import { BusAgent } from './bus-agent.ts';
import { prepareEnforcement, type Taken } from './enforced.ts';
import { functionNames } from './functions.ts';

const network = 'dc';

/** The three queues that carry work of the hub with one network. */
export const workQueues = {
  ingest: names.ingestQueue(sandboxHub),
  wake: names.wakeQueue(sandboxHub, network),
  reconcile: names.reconcileQueue(sandboxHub, network),
} as const;

export interface RigRequest {
  /** Ids of simulated FortiGates, all in one network. */
  firewalls: readonly string[];
  groups: Groups;
  /** Firewalls of other vendors, by id: what stands in their entries beside network and realms. */
  others?: Readonly<Record<string, object>>;
  /** More of the entry of the cluster, and the section of hosts. */
  cluster?: object;
  hosts?: object;
  /** Signatures and policies are checked, over TLS; otherwise everybody may do everything. */
  enforced?: boolean;
}

/** The deployed stacks on the emulator with simulated FortiGates, and a test in the place of the cluster's agent. */
export class HubRig {
  readonly directory: string;
  readonly firewalls = new Map<string, FortigateSimulator>();
  readonly #request: RigRequest;
  #ministack: Ministack | undefined;
  #environment: Record<string, string> = {};
  #app: App<DevicePorts> | undefined;
  configurationPath = '';

  private constructor(directory: string, request: RigRequest) {
    this.directory = directory;
    this.#request = request;
  }

  static async start(request: RigRequest): Promise<HubRig> {
    const rig = new HubRig(await mkdtemp(join(tmpdir(), 'zonebridge-hub-')), request);
    try {
      await rig.#start();
      return rig;
    } catch (error) {
      await rig.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { firewalls, groups, enforced } = this.#request;
    const { directory } = this;
    const enforcement = enforced ? await prepareEnforcement(directory) : undefined;
    this.#ministack = await startMinistack({
      directory,
      settings: { LAMBDA_WARM_TTL_SECONDS: '3600', ...enforcement?.settings },
    });
    this.#environment = { ...this.#ministack.environment, ...enforcement?.environment };
    Object.assign(process.env, this.environment);
    for (const id of firewalls) this.firewalls.set(id, await startFortigateSimulator());
    this.configurationPath = join(directory, 'zonebridge.yaml');
    await writeFile(this.configurationPath, stringify(this.#document(groups)));
    await deployStacks({
      configuration: this.configurationPath,
      directory,
      environment: this.environment,
      progress: () => undefined,
      signal: new AbortController().signal,
    });
    for (const [id, { token }] of this.firewalls) {
      const SecretId = names.secret(sandboxHub, id);
      await secretsClient().send(new PutSecretValueCommand({ SecretId, SecretString: token }));
    }
  }

  #document(groups: Groups): object {
    const firewalls = [...this.firewalls].map(([id, { port, caFile }]) => [
      id,
      {
        kind: 'fortigate',
        network,
        realms: ['default'],
        address: '127.0.0.1',
        port,
        version: '7.4.4',
        managedBy: 'none',
        caFile,
      },
    ]);
    const others = Object.entries(this.#request.others ?? {}).map(([id, entry]) => [
      id,
      { network, realms: ['default'], ...entry },
    ]);
    return {
      hub: { name: sandboxHub, account: sandboxAccount, region: sandboxRegion, alarmEmails: [] },
      networks: {
        [network]: {
          vpc: 'vpc-0a1b2c3d4e5f60718',
          subnets: [
            { id: 'subnet-0a1b2c3d4e5f60718', availabilityZone: `${sandboxRegion}a` },
            { id: 'subnet-0a1b2c3d4e5f60719', availabilityZone: `${sandboxRegion}b` },
          ],
          securityGroups: ['sg-0a1b2c3d4e5f60718'],
          endpoints: 'existing',
          sourceRanges: ['127.0.0.1/32'],
        },
      },
      clusters: {
        [sandboxCluster]: {
          account: sandboxAccount,
          region: sandboxRegion,
          realm: 'default',
          ranges: ['10.0.0.0/8'],
          cell: 'a',
          ...this.#request.cluster,
        },
      },
      ...(this.#request.hosts ? { hosts: this.#request.hosts } : {}),
      firewalls: Object.fromEntries([...firewalls, ...others]) as object,
      groups,
    };
  }

  get ministack(): Ministack {
    if (!this.#ministack) throw new TypeError('the emulator is not up');
    return this.#ministack;
  }

  /** For every process that shall speak to the emulator as its root. */
  get environment(): Record<string, string> {
    return this.#environment;
  }

  /** The product over the emulator, as the command line has it. */
  get app(): App<DevicePorts> {
    this.#app ??= composeDevices(sandboxHub, { quiet: true });
    return this.#app;
  }

  simulator(firewall: string): FortigateSimulator {
    const simulator = this.firewalls.get(firewall);
    if (!simulator) throw new TypeError(`no firewall ${firewall}`);
    return simulator;
  }

  /** Activates the configuration, as `zonebridge apply` does. */
  async apply(): Promise<void> {
    const { configuration } = await loadConfiguration(this.configurationPath, { modules });
    const plans = await planConfiguration(this.app.ports, this.app.configurations, configuration);
    await applyConfiguration(this.app, { configuration, plans, author: 'test' });
  }

  /** An agent that was given its epoch; as the account's root unless told. */
  async agent(credentials?: Taken): Promise<BusAgent> {
    const settings = credentials === undefined ? {} : { credentials };
    const agent = new BusAgent({ bus: new EventBridgeClient(settings), queues: new SQSClient(settings) });
    await agent.hello();
    return agent;
  }

  async functionNamed(part: string): Promise<string> {
    const [found, ...others] = await functionNames(this.ministack.endpoint, part);
    if (found === undefined || others.length > 0) throw new TypeError(`not one function ${part}`);
    return found;
  }

  /** Name of the role of the only function whose name holds this text. */
  async roleOf(part: string): Promise<string> {
    const { endpoint } = this.ministack;
    const path = `/2015-03-31/functions/${await this.functionNamed(part)}/configuration`;
    const text = await awsCall({ endpoint, service: 'lambda', method: 'GET', path });
    return (JSON.parse(text) as { Role: string }).Role.split('/').at(-1) ?? '';
  }

  /** Runs a function as a schedule would, without waiting for its end. */
  invoke(part: string, payload = {}): Promise<void> {
    return this.#run(part, payload, 'Event');
  }

  /** Runs a function once and waits for its end, however it ends: nobody tries again. */
  runOnce(part: string, payload: object): Promise<void> {
    return this.#run(part, payload, 'RequestResponse');
  }

  async #run(part: string, payload: object, type: 'Event' | 'RequestResponse'): Promise<void> {
    const { endpoint } = this.ministack;
    const path = `/2015-03-31/functions/${await this.functionNamed(part)}/invocations`;
    const headers = { 'x-amz-invocation-type': type };
    await awsCall({
      endpoint,
      service: 'lambda',
      method: 'POST',
      path,
      headers,
      body: JSON.stringify(payload),
    });
  }

  async url(queue: string): Promise<string> {
    const { QueueUrl = '' } = await queuesClient().send(new GetQueueUrlCommand({ QueueName: queue }));
    return QueueUrl;
  }

  async setVisibility(queue: string, seconds: number): Promise<void> {
    const Attributes = { VisibilityTimeout: String(seconds) };
    await queuesClient().send(new SetQueueAttributesCommand({ QueueUrl: await this.url(queue), Attributes }));
  }

  /** Messages that wait or are being worked on. */
  async waiting(queue: string): Promise<number> {
    const { Attributes = {} } = await queuesClient().send(
      new GetQueueAttributesCommand({ QueueUrl: await this.url(queue), AttributeNames: ['All'] }),
    );
    const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes;
    return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
  }

  async stop(): Promise<void> {
    await this.#ministack?.stop();
    await Promise.all([...this.firewalls.values()].map((simulator) => simulator.stop()));
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Waits until something is so; throws with `what` after the time is over. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { seconds = 300, everyMs = 250 } = {},
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await delay(everyMs);
  }
}
