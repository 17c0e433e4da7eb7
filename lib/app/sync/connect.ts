import { ZonebridgeError } from '../../core/errors.ts';
import type { FirewallConnection, FirewallModule } from '../../core/firewall.ts';
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
  const { settings, module } = placeOf(ports, configuration, request.firewall);
  const place = { module, settings, deadline: request.deadline };
  const connection = await connectWithCredentials(ports, {
    firewall: request.firewall,
    secret: names.secret(ports.hub, request.firewall),
    check: (credential) => module.checkCredential(credential),
    connect: (credential) => connect(ports, { ...place, firewall: request.firewall, credential }),
  });
  return { id: request.firewall, settings, module, connection };
}

/** Connects with exactly this credential, to find out whether the device takes it. */
export async function openFirewallWith(
  ports: Ports,
  configuration: Configuration,
  request: { firewall: string; deadline: number; credential: string },
): Promise<{ module: FirewallModule; connection: FirewallConnection }> {
  const { settings, module } = placeOf(ports, configuration, request.firewall);
  return { module, connection: await connect(ports, { ...request, settings, module }) };
}

function placeOf(
  ports: Ports,
  configuration: Configuration,
  firewall: string,
): { settings: FirewallConfiguration; module: FirewallModule } {
  const settings = configuration.firewalls[firewall];
  if (!settings) throw new ZonebridgeError('command/usage', `no firewall ${firewall} in the configuration`);
  return { settings, module: moduleOf(ports.firewalls, settings) };
}

function connect(
  ports: Ports,
  to: {
    firewall: string;
    settings: FirewallConfiguration;
    module: FirewallModule;
    credential: string;
    deadline: number;
  },
): Promise<FirewallConnection> {
  const { firewall, settings, module, credential, deadline } = to;
  const { hub, clock } = ports;
  return module.connect({
    firewall,
    hub,
    settings: settings.settings,
    credential,
    clock,
    deadline,
    commentFor: (object) => ownComment(identityOf(hub, firewall, { module, settings, object })),
  });
}

/** What the mark of an object on a firewall is made of. */
export function identityOf(
  hub: string,
  firewall: string,
  place: { module: FirewallModule; settings: FirewallConfiguration; object: string },
): { hub: string; firewall: string; scope: string; object: string } {
  return { hub, firewall, scope: place.module.scope(place.settings.settings), object: place.object };
}
