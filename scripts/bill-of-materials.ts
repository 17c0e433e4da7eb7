import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** A package in the bundle, as the lock file knows it. */
interface Bundled {
  name: string;
  version: string;
}

interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  group?: string;
}

/** The parts of a CycloneDX document that are looked at here. */
interface Bill {
  serialNumber?: string;
  metadata: { timestamp?: string; component: Component; properties?: { name: string; value: string }[] };
  components: Component[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

/** The packages of which at least one byte is in the bundle, sorted. */
export function bundledPackages(metafile: Metafile, root: string): Bundled[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };
  const used = Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    // The folder of the innermost package; links of the work tree lead outside, so only the part behind node_modules counts.
    .map(([path]) => /node_modules\/(?:.*node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
    .filter((folder) => folder !== undefined);
  return [...new Set(used)].sort().map((folder) => {
    const version = packages[folder]?.version;
    if (version === undefined) throw new Error(`${folder} is in the bundle but not in package-lock.json`);
    return { name: folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length), version };
  });
}

/**
 * npm's own bill of materials, cut to what is in the bundle. Serial number and time are left out, so that the same sources give the same
 * document; both are optional in CycloneDX.
 */
export function billOfMaterials(bundled: readonly Bundled[], root: string): Bill {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--sbom-type', 'application'];
  const text = execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const all = JSON.parse(text) as Bill;
  const wanted = new Set(bundled.map(({ name, version }) => `${name}@${version}`));
  const components = all.components
    .filter((one) => wanted.has(identity(one)))
    .sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  if (components.length < wanted.size) {
    const found = new Set(components.map(identity));
    throw new Error(`npm sbom does not know ${[...wanted].filter((one) => !found.has(one)).join(', ')}`);
  }
  const own = all.metadata.component['bom-ref'];
  const refs = new Set([own, ...components.map((one) => one['bom-ref'])]);
  const dependencies = all.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)).sort() }))
    .sort((a, b) => (a.ref < b.ref ? -1 : 1));
  const { serialNumber: _serial, ...rest } = all;
  const { timestamp: _time, ...metadata } = all.metadata;
  // npm names the folder it runs in.
  const component = { ...metadata.component, name: 'zonebridge-agent' };
  return { ...rest, metadata: { ...metadata, component }, components, dependencies };
}

/** npm puts the scope either into the name or into the group. */
function identity({ name, version, group }: Component): string {
  return group === undefined ? `${name}@${version}` : `${group}/${name}@${version}`;
}
