import { ZonebridgeError } from '../../core/errors.ts';
import type { FirewallConnection, FirewallModule } from '../../core/firewall.ts';
import { ownComment } from '../../core/plan/ownership.ts';
import type { Configuration, FirewallConfiguration } from '../configuration/model.ts';
import { names } from '../names.ts';
import type { Ports } from '../ports.ts';
import { moduleOf } from '../targets.ts';

export interface OpenFirewall {
  id: string;
  settings: FirewallConfiguration;
  module: FirewallModule;
  connection: FirewallConnection;
}

/** Reads the credential and connects; no call to the device yet. */
export async function openFirewall(
  ports: Ports,
  configuration: Configuration,
  request: { firewall: string; deadline: number },
): Promise<OpenFirewall> {
  const settings = configuration.firewalls[request.firewall];
  if (!settings)
    throw new ZonebridgeError('command/usage', `no firewall ${request.firewall} in the active configuration`);
  const module = moduleOf(ports.firewalls, settings);
  const credential = await ports.secrets.read(names.secret(ports.hub, request.firewall));
  const wrong = module.checkCredential(credential);
  if (wrong !== undefined)
    throw new ZonebridgeError('secret/invalid', `the credential of ${request.firewall}: ${wrong}`);
  const connection = await module.connect({
    firewall: request.firewall,
    hub: ports.hub,
    settings: settings.settings,
    credential,
    clock: ports.clock,
    deadline: request.deadline,
    commentFor: (object) => ownComment(identityOf(ports.hub, request.firewall, { module, settings, object })),
  });
  return { id: request.firewall, settings, module, connection };
}

/** What the mark of an object on a firewall is made of. */
export function identityOf(
  hub: string,
  firewall: string,
  place: { module: FirewallModule; settings: FirewallConfiguration; object: string },
): { hub: string; firewall: string; scope: string; object: string } {
  return { hub, firewall, scope: place.module.scope(place.settings.settings), object: place.object };
}
