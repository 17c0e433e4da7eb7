import type { ConnectionRequest, FirewallConnection, FirewallModule } from '../../core/firewall.ts';
import { ownComment } from '../../core/plan/ownership.ts';
import type { Configuration, FirewallConfiguration } from '../configuration/model.ts';
import { names } from '../names.ts';
import type { DevicePorts } from '../ports.ts';
import { identityOf, moduleOf } from '../targets.ts';
import { connectWithCredentials, type CredentialedConnection } from './credentials.ts';
import { unknownFirewall } from '../unknown-name.ts';

export interface OpenFirewall {
  id: string;
  settings: FirewallConfiguration;
  module: FirewallModule;
  connection: CredentialedConnection;
}

interface OpenRequest extends Pick<ConnectionRequest<unknown>, 'takeCall'> {
  firewall: string;
  deadline: number;
}

/** Reads the credential, where there is one, and connects; no call to the device yet. */
export async function openFirewall(
  ports: DevicePorts,
  configuration: Configuration,
  request: OpenRequest,
): Promise<OpenFirewall> {
  const { settings, module } = placeOf(ports, configuration, request.firewall);
  const connection = await connectWithCredentials(ports, {
    firewall: request.firewall,
    secret: module.withoutCredential ? undefined : names.secret(ports.hub, request.firewall),
    check: (credential) => module.checkCredential(credential),
    connect: (credential) => connect(ports, { ...request, module, settings, credential }),
  });
  return { id: request.firewall, settings, module, connection };
}

/** Connects with exactly this credential, to find out whether the device takes it. */
export async function openFirewallWith(
  ports: DevicePorts,
  configuration: Configuration,
  request: OpenRequest & { credential: string },
): Promise<Pick<OpenFirewall, 'module' | 'settings'> & { connection: FirewallConnection }> {
  const { settings, module } = placeOf(ports, configuration, request.firewall);
  return { module, settings, connection: await connect(ports, { ...request, settings, module }) };
}

function placeOf(
  ports: DevicePorts,
  configuration: Configuration,
  firewall: string,
): { settings: FirewallConfiguration; module: FirewallModule } {
  const settings = configuration.firewalls[firewall];
  if (!settings) throw unknownFirewall(configuration, firewall);
  return { settings, module: moduleOf(ports.firewalls, settings) };
}

function connect(
  ports: DevicePorts,
  to: OpenRequest & { settings: FirewallConfiguration; module: FirewallModule; credential: string },
): Promise<FirewallConnection> {
  const { firewall, settings, module, credential, deadline, takeCall } = to;
  const { hub, clock } = ports;
  return module.connect({
    firewall,
    hub,
    settings: settings.settings,
    credential,
    clock,
    deadline,
    takeCall,
    commentFor: (object) => ownComment(identityOf(hub, firewall, { module, settings, object })),
  });
}
