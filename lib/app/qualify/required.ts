import { ZonebridgeError } from '../../core/errors.ts';
import type { Configuration } from '../configuration/model.ts';
import type { Ports } from '../ports.ts';
import { identityKey, readIdentity } from '../state/identities.ts';
import { readQualification } from '../state/qualifications.ts';
import { groupsOn } from '../targets.ts';

/**
 * Refuses to write to a device that was upgraded to a version without a qualification, where one is asked for: what was tried is another one.
 * `version`: as the device tells it now. Throws `firewall/not-qualified`; a later run looks again.
 */
export async function requireQualified(
  ports: Ports,
  configuration: Configuration,
  device: { firewall: string; version: string },
): Promise<void> {
  const missing = await unqualified(ports, configuration, device);
  if (missing.length > 0)
    throw new ZonebridgeError('firewall/not-qualified', `not qualified: ${missing.join('; ')}`);
}

/**
 * Refuses a configuration that writes to a firewall which asks for a qualification, when its version has none for the channel.
 * The version is the one the device told last, before that the configured one. Throws `qualification/missing`, naming all of them.
 */
export async function requireQualifications(ports: Ports, configuration: Configuration): Promise<void> {
  const missing: string[] = [];
  for (const [firewall, settings] of Object.entries(configuration.firewalls)) {
    if (!settings.requireQualification) continue;
    const version = await versionOf(ports, firewall, settings.settings['version']);
    missing.push(...(await unqualified(ports, configuration, { firewall, version })));
  }
  if (missing.length > 0)
    throw new ZonebridgeError('qualification/missing', `not qualified: ${missing.join('; ')}`);
}

/** Channels that something is written over and that are not qualified for this version, where that is asked for; for people. */
async function unqualified(
  ports: Ports,
  configuration: Configuration,
  { firewall, version }: { firewall: string; version: string },
): Promise<string[]> {
  const settings = configuration.firewalls[firewall];
  if (!settings?.requireQualification) return [];
  const written = groupsOn(configuration, firewall).filter(({ target }) => target.mode !== 'observe');
  if (written.length === 0) return [];
  const found = await readQualification(ports.tables, settings.kind, version);
  return [...new Set(written.map(({ target }) => target.channel))]
    .filter((channel) => !found?.channels.includes(channel))
    .map((channel) => `${firewall} (${settings.kind} ${version}, channel ${channel})`);
}

async function versionOf(ports: Ports, firewall: string, configured: unknown): Promise<string> {
  const [item] = await ports.tables.read([identityKey(firewall)]);
  const told = readIdentity(item)?.version;
  return told ?? (typeof configured === 'string' ? configured : 'unknown');
}
