import type { PanoramaSettings } from '../schema.ts';

const base = "/config/devices/entry[@name='localhost.localdomain']";

/** Where our objects lie: the virtual system of a firewall, a device group of a Panorama, or what all groups share. */
function scope({ device, vsys, deviceGroup }: PanoramaSettings): string {
  if (device === 'firewall') return `${base}/vsys${entry(vsys)}`;
  return deviceGroup === undefined ? '/config/shared' : `${base}/device-group${entry(deviceGroup)}`;
}

export function addressGroups(settings: PanoramaSettings): string {
  return `${scope(settings)}/address-group`;
}

export function addresses(settings: PanoramaSettings): string {
  return `${scope(settings)}/address`;
}

/** Security rules of the scope. */
export function rulebases(settings: PanoramaSettings): string[] {
  const bases = settings.device === 'firewall' ? ['rulebase'] : ['pre-rulebase', 'post-rulebase'];
  return bases.map((name) => `${scope(settings)}/${name}/security/rules`);
}

/** One entry by its name. Names are checked before; one with a single quote is quoted by the other sign, which no name of ours has. */
export function entry(name: string): string {
  const quote = name.includes("'") ? '"' : "'";
  return `/entry[@name=${quote}${name}${quote}]`;
}

/** The list that a path of {@link entry} or {@link member} leads into, and the name in it. */
export function splitLast(xpath: string): { list: string; name: string } | undefined {
  const [, list, single, double] =
    /^(.*)\/(?:entry\[@name|member\[text\(\))=(?:'([^']*)'|"([^"]*)")\]$/.exec(xpath) ?? [];
  const name = single ?? double;
  return list === undefined || name === undefined ? undefined : { list, name };
}

/** Assumption: a member of a list is named by its text. */
export function member(name: string): string {
  const quote = name.includes("'") ? '"' : "'";
  return `/member[text()=${quote}${name}${quote}]`;
}
