import type { FirewallDescription } from '../../core/firewall.ts';
import { allowedCalls } from '../budgets.ts';
import { withFirewallBrakes } from './brakes.ts';
import { readCaFile } from './ca-file.ts';
import type { DraftContext } from './draft.ts';
import type { Explained } from './explain.ts';
import type { FirewallConfiguration } from './model.ts';
import { firewallSchema } from './schema.ts';
import { isMap } from './source/sources.ts';
import { suggest } from './suggest.ts';

/**
 * Reads one firewall: the common fields by the common schema, everything else by its vendor module, with the text of
 * `caFile` (relative to the file that names it) in place of its name.
 */
export async function parseFirewall(
  id: string,
  value: unknown,
  { report, modules, files }: DraftContext,
): Promise<FirewallConfiguration | undefined> {
  const at = ['firewalls', id];
  if (!isMap(value)) {
    report.problem(at, 'must be a map of fields');
    return undefined;
  }
  const { caFile, ca: inline, ...fields } = value;
  const common = report.parse(firewallSchema, pick(fields, true), at);
  const kind = fields['kind'];
  if (typeof kind !== 'string' || kind === '') return undefined;
  const module = Object.hasOwn(modules, kind) ? modules[kind] : undefined;
  if (module === undefined) {
    report.problem([...at, 'kind'], unknownKind(kind, Object.keys(modules)));
    return undefined;
  }
  if (inline !== undefined)
    report.problem([...at, 'ca'], 'put the certificates into a PEM file and name it in `caFile`');
  const ca =
    caFile === undefined ? undefined : await readCaFile([...at, 'caFile'], caFile, { report, files });
  // A CA that was given but is not readable is one problem already; the rest of the entry is checked as if it were.
  const reported = inline !== undefined || (caFile !== undefined && ca === undefined);
  const own = {
    ...pick(fields, false),
    ...(ca === undefined ? {} : { ca }),
    ...(reported ? { ca: placeholder } : {}),
  };
  const settings = report.parse(module.settings, own, at, { kind, rename: asCaFile });
  if (common === undefined || !isMap(settings) || reported) return undefined;
  checkRotation({ ...common, settings }, module, { report, at });
  checkCalls({ ...common, settings }, module, { report, at });
  const { brakes, ...rest } = common;
  return { ...rest, ...(brakes ? { brakes: withFirewallBrakes(brakes) } : {}), settings };
}

function checkCalls(
  { callsPerMinute: asked, settings }: Pick<FirewallConfiguration, 'callsPerMinute' | 'settings'>,
  module: FirewallDescription,
  { report, at }: { report: DraftContext['report']; at: readonly string[] },
): void {
  const { most } = allowedCalls(module, settings);
  if (asked !== undefined && asked > most)
    report.problem(
      [...at, 'callsPerMinute'],
      `a ${module.displayName} is called ${most} times a minute at most`,
    );
}

function checkRotation(
  firewall: Pick<FirewallConfiguration, 'rotateKeyDays' | 'settings'>,
  module: FirewallDescription,
  { report, at }: { report: DraftContext['report']; at: readonly string[] },
): void {
  if (firewall.rotateKeyDays === undefined) return;
  const none = `a way to make keys: ${module.displayName} has none`;
  const lacks = module.rotationLacks ? module.rotationLacks(firewall.settings) : none;
  if (lacks !== undefined) report.problem([...at, 'rotateKeyDays'], `the firewall lacks ${lacks}`);
}

/** Only ever checked, never used: an entry with it is dropped. */
const placeholder = '-----BEGIN CERTIFICATE-----';

function pick(fields: Record<string, unknown>, common: boolean): Record<string, unknown> {
  const isCommon = (key: string) => Object.hasOwn(firewallSchema.shape, key);
  return Object.fromEntries(Object.entries(fields).filter(([key]) => isCommon(key) === common));
}

/** The module says `ca`, the document `caFile`. */
function asCaFile({ path, message }: Explained): Explained {
  if (path[2] !== 'ca') return { path, message };
  return { path: [...path.slice(0, 2), 'caFile'], message: message.replaceAll('`ca`', '`caFile`') };
}

function unknownKind(kind: string, kinds: readonly string[]): string {
  const meant = suggest(kind, kinds);
  const question = meant === undefined ? '.' : `, did you mean ${meant}?`;
  return `there is no firewall type ${JSON.stringify(kind)}${question} Known: ${kinds.join(', ')}`;
}
