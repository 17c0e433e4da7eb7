import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundling } from '../../lib/cdk/bundling.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Budget {
  /** Packages whose code is in the bundle, at most. */
  packages: number;
  /** Size of the bundle as it is deployed, at most, in units of 1,000 bytes. */
  kilobytes: number;
  /** What it holds of the vendors, exactly. */
  vendors: 'none' | 'descriptions' | 'lists' | 'devices';
}

/** A new package is a decision, and so is a new number here; the sizes leave some 4 % of room. */
const budgets: Readonly<Record<string, Budget>> = {
  // The client of S3 is loaded where the cluster is written in alone.
  agent: { packages: 34, kilobytes: 1_520, vendors: 'none' },
  'ingest-deltas': { packages: 38, kilobytes: 1_150, vendors: 'descriptions' },
  'sync-firewall': { packages: 43, kilobytes: 3_000, vendors: 'devices' },
  'reconcile-firewall': { packages: 44, kilobytes: 3_000, vendors: 'devices' },
  'rotate-credential': { packages: 43, kilobytes: 2_950, vendors: 'devices' },
  sweep: { packages: 38, kilobytes: 1_180, vendors: 'descriptions' },
  'archive-changes': { packages: 40, kilobytes: 1_270, vendors: 'descriptions' },
  'answer-approval': { packages: 38, kilobytes: 1_130, vendors: 'descriptions' },
  'onboard-clusters': { packages: 42, kilobytes: 1_390, vendors: 'descriptions' },
  'publish-desired': { packages: 41, kilobytes: 1_330, vendors: 'descriptions' },
  // These two ask EC2.
  'resolve-names': { packages: 39, kilobytes: 1_730, vendors: 'descriptions' },
  'tell-hosts': { packages: 39, kilobytes: 1_720, vendors: 'descriptions' },
  // It reads the lists from their bucket.
  'serve-lists': { packages: 40, kilobytes: 1_870, vendors: 'lists' },
};

/** Nothing of these is shipped to functions or clusters: they belong to the machine of an operator. */
const neverShipped =
  /^(aws-cdk|aws-cdk-lib|constructs|cdk-nag|commander|cli-table3|picocolors|vitest|fast-check|typescript|esbuild)$/;

/** Bundled as what is shipped: a function by the construct, the agent by scripts/build.ts. */
async function bundle(entry: string): Promise<Metafile['outputs'][string]> {
  const { target, mainFields, minify, banner } = bundling;
  const { metafile } = await build({
    entryPoints: [`${root}/${entry}`],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target,
    ...(entry.startsWith('lambdas/') ? { mainFields } : {}),
    minify,
    banner: { js: banner },
    absWorkingDir: root,
  });
  const [output] = Object.values(metafile.outputs);
  if (output === undefined) throw new Error(`nothing came of ${entry}`);
  return output;
}

const entries = Object.keys(budgets).map((name): [string, string, Budget] => [
  name,
  name === 'agent' ? 'cluster-agent/main.ts' : `lambdas/${name}/handler.ts`,
  budgets[name] as Budget,
]);

test('every function has a budget', () => {
  const functions = readdirSync(`${root}/lambdas`, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const known = Object.keys(budgets).filter((name) => name !== 'agent');
  expect(known.sort()).toEqual(functions.map(({ name }) => name).sort());
});

describe.each(entries)('%s', (name, entry, budget) => {
  let bytes: number;
  let packages: string[];
  let sources: string[];
  beforeAll(async () => {
    const output = await bundle(entry);
    bytes = output.bytes;
    sources = Object.keys(output.inputs).filter((path) => (output.inputs[path]?.bytesInOutput ?? 0) > 0);
    const found = sources.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
    packages = [...new Set(found)].sort();
    console.log(`${name}: ${packages.length} packages, ${bytes} bytes`);
  });

  test('holds no more packages than decided, and none of the tools', () => {
    expect(packages).toContain('zod');
    expect(packages.filter((each) => neverShipped.test(each))).toEqual([]);
    expect(packages.length, packages.join(' ')).toBeLessThanOrEqual(budget.packages);
  });

  test('is no larger than decided', () => {
    expect(bytes).toBeLessThanOrEqual(budget.kilobytes * 1_000);
  });

  test('holds what it needs of the vendors, and no more', () => {
    const holds = (path: string): boolean => sources.includes(`lib/firewalls/${path}`);
    const { vendors } = budget;
    for (const kind of Object.keys(firewallModules)) {
      expect(holds(`${kind}/description.ts`), `${kind}/description.ts`).toBe(vendors !== 'none');
      for (const part of ['connection.ts', 'diagnose.ts'])
        expect(holds(`${kind}/${part}`), `${kind}/${part}`).toBe(vendors === 'devices');
    }
    expect(holds('fortigate/rotation.ts')).toBe(vendors === 'devices');
    expect(holds('pull-list/bucket.ts')).toBe(vendors === 'lists' || vendors === 'devices');
    // The client of HTTPS to devices, 540 KB; the agent has it for the API of its cluster.
    if (vendors !== 'none') expect(packages.includes('undici')).toBe(holds('pull-list/bucket.ts'));
    // The one place that connects. Types keep every use case with less from it, too: see DevicePorts.
    expect(sources.includes('lib/app/sync/connect.ts')).toBe(vendors === 'devices');
    expect(sources.filter((path) => path.includes('/simulator/'))).toEqual([]);
  });
});
