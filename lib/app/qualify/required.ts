import { ZonebridgeError } from '../../core/errors.ts';
import type { Configuration } from '../configuration/model.ts';
import type { Ports } from '../ports.ts';
import { identityKey, readIdentity } from '../state/identities.ts';
import { readQualification } from '../state/qualifications.ts';
import { groupsOn } from '../targets.ts';

/**
 * Refuses a configuration that writes to a firewall which asks for a qualification, when its version has none for the channel.
 * The version is the one the device told last, before that the configured one. Throws `qualification/missing`, naming all of them.
 */
export async function requireQualifications(ports: Ports, configuration: Configuration): Promise<void> {
  const missing: string[] = [];
  for (const [firewall, settings] of Object.entries(configuration.firewalls)) {
    if (!settings.requireQualification) continue;
    const written = groupsOn(configuration, firewall).filter(({ target }) => target.mode !== 'observe');
    if (written.length === 0) continue;
    const version = await versionOf(ports, firewall, settings.settings['version']);
    const found = await readQualification(ports.tables, settings.kind, version);
    const channels = new Set(written.map(({ target }) => target.channel));
    for (const channel of channels)
      if (!found?.channels.includes(channel))
        missing.push(`${firewall} (${settings.kind} ${version}, channel ${channel})`);
  }
  if (missing.length === 0) return;
  throw new ZonebridgeError('qualification/missing', `not qualified: ${missing.join('; ')}`);
}

async function versionOf(ports: Ports, firewall: string, configured: unknown): Promise<string> {
  const [item] = await ports.tables.read([identityKey(firewall)]);
  const told = readIdentity(item)?.version;
  return told ?? (typeof configured === 'string' ? configured : 'unknown');
}
