import { ZonebridgeError } from '../../core/errors.ts';
import type { SecretStore } from '../../core/ports.ts';
import { recordAction } from '../audit/actions.ts';
import type { Configuration } from '../configuration/model.ts';
import { names } from '../names.ts';
import { checkNeedsCredential } from '../needs-credential.ts';
import type { Ports } from '../ports.ts';
import { moduleOf, writerKeyOf } from '../targets.ts';
import { tryAgain } from './check.ts';
import { unknownFirewall } from '../unknown-name.ts';

/**
 * Stores the credential of a firewall, or with `keyMaker` of the administrator that makes keys there, and lets the hub try again. The text is what came from standard input: one line end is cut off.
 * Throws `secret/invalid` for a wrong form, without repeating it, and `secret/not-needed`.
 */
export async function setCredential(
  app: { ports: Ports; credentials: Pick<SecretStore, 'write'> },
  request: { configuration: Configuration; firewall: string; text: string; keyMaker?: boolean; by?: string },
): Promise<void> {
  const { ports, credentials } = app;
  const { configuration, firewall, text, by = 'unknown' } = request;
  const settings = configuration.firewalls[firewall];
  if (!settings) throw unknownFirewall(configuration, firewall);
  const module = moduleOf(ports.firewalls, settings);
  checkNeedsCredential(module, firewall);
  const credential = text.replace(/\r?\n$/, '');
  const wrong = module.checkCredential(credential);
  if (wrong !== undefined)
    throw new ZonebridgeError('secret/invalid', `the credential for ${firewall}: ${wrong}`);
  await recordAction(ports, {
    what: request.keyMaker ? 'secret set, key maker' : 'secret set',
    by,
    firewall,
  });
  // The administrator that makes keys is asked by the rotation alone: no run waits for it.
  if (request.keyMaker === true)
    return credentials.write(names.keyMakerSecret(ports.hub, firewall), credential);
  await credentials.write(names.secret(ports.hub, firewall), credential);
  const writerKey = writerKeyOf(ports.firewalls, settings);
  await tryAgain(ports, { firewall, writerKey, network: settings.network });
}
