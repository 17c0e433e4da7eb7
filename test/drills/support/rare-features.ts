import { SecretWriter } from '../../../lib/aws/secret-writer.ts';
import type { Configuration } from '../../../lib/app/configuration/model.ts';
import type { Compute } from '../../../lib/core/compute.ts';
import { LocalSigner } from '../../support/memory-cluster.ts';
import { MemoryDesired } from '../../support/memory-desired.ts';
import { MemoryInstaller } from '../../support/memory-installer.ts';
import { MemorySecretsManager } from '../../support/secrets-manager.ts';

const account = '111122223333';

/** Features that few hubs have, so that their functions and alarms are drilled, too. */
export function withRareFeatures(configuration: Configuration): Configuration {
  const { clusters, firewalls, hub } = configuration;
  const [one, two] = [clusters['one'], clusters['two']];
  const edge = firewalls['edge'];
  if (!one || !two || !edge) throw new Error('the drills need clusters one and two, and firewall edge');
  return {
    ...configuration,
    hub: { ...hub, onboarding: { image: 'registry.example/agent:1', admit: ['one'] } },
    clusters: { one: { ...one, writes: ['group-status'] }, two: { ...two, resolveNames: true } },
    firewalls: { ...firewalls, edge: { ...edge, rotateKeyDays: 30 } },
    ticketSystems: {
      tickets: { source: 'tickets.example', account, principal: `arn:aws:iam::${account}:role/tickets` },
    },
  };
}

/** EC2 of an account without load balancers. */
const compute: Compute = {
  instances: async () => [],
  instance: async () => undefined,
  interfaces: async () => [],
};

/** What the functions of these features work with beside the ports of the hub. */
export const rareParts = {
  credentials: new SecretWriter(new MemorySecretsManager(['zonebridge/test/edge']).client),
  signer: new LocalSigner(),
  store: new MemoryDesired(),
  installer: new MemoryInstaller(),
  compute,
};
