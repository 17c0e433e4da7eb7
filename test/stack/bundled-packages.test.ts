import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const functions = readdirSync(`${root}/lambdas`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Packages whose code is in each bundle, at most. A new one is a decision, and so is a new number here. */
const budgets: Readonly<Record<string, number>> = {
  // The client of S3 is loaded where the cluster is written in alone.
  agent: 64,
  'ingest-deltas': 46,
  'sync-firewall': 46,
  'reconcile-firewall': 46,
  'rotate-credential': 46,
  sweep: 46,
  'archive-changes': 46,
  'answer-approval': 46,
  // The client of S3 comes with the modules, one of which has a bucket as its device.
  'onboard-clusters': 50,
  'publish-desired': 46,
  'resolve-names': 48,
  'tell-hosts': 48,
  'serve-lists': 46,
};

/** Nothing of these is shipped to functions or clusters: they belong to the machine of an operator. */
const neverShipped =
  /^(aws-cdk|aws-cdk-lib|constructs|cdk-nag|commander|cli-table3|picocolors|vitest|fast-check|typescript|esbuild)$/;

async function packagesOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [`${root}/${entry}`],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    absWorkingDir: root,
  });
  const names = Object.keys(metafile.inputs).flatMap(
    (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  return [...new Set(names)].sort();
}

test.each([
  ['agent', 'cluster-agent/main.ts'],
  ...functions.map((name) => [name, `lambdas/${name}/handler.ts`]),
])(
  'the bundle of %s holds no more packages than decided, and none of the tools',
  async (name = '', entry = '') => {
    const packages = await packagesOf(entry);
    console.log(`${name}: ${packages.length} packages`);
    expect(packages).toContain('zod');
    expect(packages.filter((each) => neverShipped.test(each))).toEqual([]);
    expect(packages.length, packages.join(' ')).toBeLessThanOrEqual(budgets[name] ?? 0);
  },
);
