import { ZonebridgeError } from '../../core/errors.ts';
import type { FirewallModule } from '../../core/firewall.ts';
import { ownComment } from '../../core/plan/ownership.ts';
import type { Configuration, FirewallConfiguration } from '../configuration/model.ts';
import { names } from '../names.ts';
import type { Ports } from '../ports.ts';
import { moduleOf } from '../targets.ts';
import { connectWithCredentials, type CredentialedConnection } from './credentials.ts';

export interface OpenFirewall {
  id: string;
  settings: FirewallConfiguration;
  module: FirewallModule;
  connection: CredentialedConnection;
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
  const connection = await connectWithCredentials(ports, {
    firewall: request.firewall,
    secret: names.secret(ports.hub, request.firewall),
    check: (credential) => module.checkCredential(credential),
    connect: (credential) =>
      module.connect({
        firewall: request.firewall,
        hub: ports.hub,
        settings: settings.settings,
        credential,
        clock: ports.clock,
        deadline: request.deadline,
        commentFor: (object) =>
          ownComment(identityOf(ports.hub, request.firewall, { module, settings, object })),
      }),
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
