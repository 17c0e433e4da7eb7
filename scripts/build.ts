/** Builds what is shipped as a bundle: `dist/agent/main.mjs`, the agent of a cluster, for its container image. */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const outdir = join(root, 'dist', 'agent');

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: { main: join(root, 'cluster-agent', 'main.ts') },
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'none',
  // Some libraries still call require, which an ES module does not have.
  banner: {
    js: "import { createRequire as zonebridgeCreateRequire } from 'node:module'; const require = zonebridgeCreateRequire(import.meta.url);",
  },
});
const { size } = await stat(join(outdir, 'main.mjs'));
console.log(`dist/agent/main.mjs  ${(size / 1_000_000).toFixed(1)} MB`);
