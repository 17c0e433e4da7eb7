import { ZonebridgeError } from '../../core/errors.ts';
import type { Configuration } from '../configuration/model.ts';
import type { Ports } from '../ports.ts';
import { identityKey, readIdentity } from '../state/identities.ts';
import { readQualification } from '../state/qualifications.ts';
import { groupsOn } from '../targets.ts';

/** Channels over which something is written to a firewall. */
function channelsWritten(configuration: Configuration, firewall: string): ReadonlySet<string> {
  const written = groupsOn(configuration, firewall).filter(({ target }) => target.mode !== 'observe');
  return new Set(written.map(({ target }) => target.channel));
}

/**
 * Refuses to write to a device that was upgraded to a version without a qualification, where one is asked for: what was tried is another one.
 * `version`: as the device tells it now. Throws `firewall/not-qualified`; a later run looks again.
 */
export async function requireQualified(
  ports: Ports,
  configuration: Configuration,
  { firewall, version }: { firewall: string; version: string },
): Promise<void> {
  const settings = configuration.firewalls[firewall];
  if (!settings?.requireQualification) return;
  const found = await readQualification(ports.tables, settings.kind, version);
  const missing = [...channelsWritten(configuration, firewall)].filter(
    (channel) => !found?.channels.includes(channel),
  );
  if (missing.length === 0) return;
  const what = `${settings.kind} ${version}, channel ${missing.join(', ')}`;
  throw new ZonebridgeError('firewall/not-qualified', `${firewall}: not qualified: ${what}`);
}

/**
 * Refuses a configuration that writes to a firewall which asks for a qualification, when its version has none for the channel.
 * The version is the one the device told last, before that the configured one. Throws `qualification/missing`, naming all of them.
 */
export async function requireQualifications(ports: Ports, configuration: Configuration): Promise<void> {
  const missing: string[] = [];
  for (const [firewall, settings] of Object.entries(configuration.firewalls)) {
    if (!settings.requireQualification) continue;
    const channels = channelsWritten(configuration, firewall);
    if (channels.size === 0) continue;
    const version = await versionOf(ports, firewall, settings.settings['version']);
    const found = await readQualification(ports.tables, settings.kind, version);
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
