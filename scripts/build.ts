/**
 * Builds what is shipped as an image: `dist/agent`, a complete context with the bundle of the agent, the bill of materials of exactly what is
 * in the bundle (CycloneDX), and the Dockerfile. Two builds of the same sources make the same files.
 */
import { cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { billOfMaterials, bundledPackages } from './bill-of-materials.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });
const context = join(values.out, 'agent');

await rm(context, { recursive: true, force: true });
await mkdir(context, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { main: join(root, 'cluster-agent', 'main.ts') },
  outdir: context,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  metafile: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'none',
  // Some libraries still call require, which an ES module does not have.
  banner: {
    js: "import { createRequire as zonebridgeCreateRequire } from 'node:module'; const require = zonebridgeCreateRequire(import.meta.url);",
  },
});
const packages = bundledPackages(metafile, root);
const bill = billOfMaterials(packages, root);
await writeFile(join(context, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
await cp(join(root, 'cluster-agent', 'Dockerfile'), join(context, 'Dockerfile'));
const { size } = await stat(join(context, 'main.mjs'));
console.log(
  `${join(context, 'main.mjs')}  ${(size / 1_000_000).toFixed(1)} MB of ${packages.length} packages`,
);
