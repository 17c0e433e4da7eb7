import { ZonebridgeError } from '../../core/errors.ts';
import { recordAction } from '../audit/actions.ts';
import type { Configuration } from '../configuration/model.ts';
import { names } from '../names.ts';
import { checkNeedsCredential } from '../needs-credential.ts';
import { moduleOf } from '../targets.ts';
import {
  finishRotation,
  type Former,
  makeKey,
  type RotationApp,
  takeKey,
  testKey,
} from '../rotation/rotate.ts';
import { unknownFirewall } from '../unknown-name.ts';

export interface RotateRequest {
  configuration: Configuration;
  firewall: string;
  /** A key that a person made; undefined: the firewall makes one. */
  key: string | undefined;
  /** The function in the firewall's network does it. */
  inNetwork: boolean;
  progress: (text: string) => void;
  /** Who renews it. */
  by?: string;
}

/** Renews the credential of a firewall. Until the new one is in force every failure leaves the old one in use. */
export async function rotateCredential(
  app: RotationApp,
  request: RotateRequest,
): Promise<Former | { state: 'started' }> {
  const { configuration, firewall, key, inNetwork, progress } = request;
  const settings = configuration.firewalls[firewall];
  if (!settings) throw unknownFirewall(configuration, firewall);
  checkNeedsCredential(moduleOf(app.ports.firewalls, settings), firewall);
  if (inNetwork && key !== undefined)
    throw new ZonebridgeError('command/usage', 'a key of yours is tested from here: leave out --in-network');
  await recordAction(app.ports, { what: 'secret rotate', by: request.by ?? 'unknown', firewall });
  if (inNetwork) {
    await app.credentials.startRotation(names.secret(app.ports.hub, firewall));
    return { state: 'started' };
  }
  const rotation = { configuration, firewall, version: version(app) };
  if (key === undefined) await makeKey(app, rotation, { reuse: false });
  else await takeKey(app, rotation, key);
  progress('a new key is stored beside the one in use; it is tested now');
  await testKey(app, rotation);
  progress('it works and is put in force; the hub has to work with it before the old one goes');
  return finishRotation(app, rotation);
}

/** Secrets Manager asks for 32 to 64 characters. */
function version(app: RotationApp): string {
  return app.ports.random.id().padEnd(32, '0').slice(0, 64);
}
