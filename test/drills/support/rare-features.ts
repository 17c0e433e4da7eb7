import { SecretWriter } from '../../../lib/aws/secret-writer.ts';
import type { Configuration } from '../../../lib/app/configuration/model.ts';
import type { Compute, Instance } from '../../../lib/core/compute.ts';
import { ZonebridgeError } from '../../../lib/core/errors.ts';
import { LocalSigner } from '../../support/memory-cluster.ts';
import { MemoryDesired } from '../../support/memory-desired.ts';
import { MemoryInstaller } from '../../support/memory-installer.ts';
import { group } from '../../support/world.ts';
import { MemorySecretsManager } from '../../support/secrets-manager.ts';

const account = '111122223333';

const databases = group('db', {
  addresses: 'node',
  select: "role == 'db'",
  anyNamespace: undefined,
  namespaces: 'global()',
  clusters: ['legacy'],
});

/** Features that few hubs have, so that their functions and alarms are drilled, too. */
export function withRareFeatures(configuration: Configuration): Configuration {
  const { clusters, firewalls, groups, hub } = configuration;
  const [one, two] = [clusters['one'], clusters['two']];
  const edge = firewalls['edge'];
  if (!one || !two || !edge) throw new Error('the drills need clusters one and two, and firewall edge');
  return {
    ...configuration,
    hub: { ...hub, onboarding: { image: 'registry.example/agent:1', admit: ['one'] } },
    clusters: { one: { ...one, writes: ['group-status'] }, two: { ...two, resolveNames: true } },
    hosts: { legacy: hosts },
    groups: { ...groups, db: databases },
    firewalls: { ...firewalls, edge: { ...edge, rotateKeyDays: 30 } },
    ticketSystems: {
      tickets: { source: 'tickets.example', account, principal: `arn:aws:iam::${account}:role/tickets` },
    },
  };
}

const hosts = {
  account,
  region: 'eu-central-1',
  realm: 'default',
  ranges: ['10.9.0.0/16'],
  sharedRanges: true,
  tags: { role: ['db'] },
};

/** EC2 of an account with one host and without load balancers; a drill launches more, or has it refuse. */
export class DrillCompute implements Compute {
  readonly #instances = new Map<string, Instance>();
  refuses = false;

  constructor() {
    this.launch('10.9.0.1');
  }

  launch(address: string): string {
    const id = `i-${(this.#instances.size + 1).toString(16).padStart(8, '0')}`;
    this.#instances.set(id, { id, state: 'running', tags: { role: 'db' }, addresses: [address] });
    return id;
  }

  async instances(): Promise<Instance[]> {
    this.#answer();
    return [...this.#instances.values()];
  }

  async instance(id: string): Promise<Instance | undefined> {
    this.#answer();
    return this.#instances.get(id);
  }

  async interfaces(): Promise<[]> {
    return [];
  }

  #answer(): void {
    if (this.refuses) throw new ZonebridgeError('host/access-denied', 'UnauthorizedOperation');
  }
}

/** What the functions of these features work with beside the ports of the hub; `compute` is that of the hub that runs. */
export const rareParts = {
  credentials: new SecretWriter(new MemorySecretsManager(['zonebridge/test/edge']).client),
  signer: new LocalSigner(),
  store: new MemoryDesired(),
  installer: new MemoryInstaller(),
  compute: new DrillCompute(),
};
