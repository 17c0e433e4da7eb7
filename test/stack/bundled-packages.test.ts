import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleFunctions, partsOf } from '../../lib/cdk/function-code.ts';
import { type UseCase, useCases } from '../../lib/cdk/rights.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Budget {
  /** Packages that anything of it imports, at most; of some nothing is left in what is shipped. */
  packages: number;
  /** Size of the code as it is deployed, at most, in units of 1,000 bytes. */
  kilobytes: number;
  /** Of this what is read at every start; all of it unless given. */
  atOnce?: number;
  /** What it holds of the vendors, exactly. */
  vendors: 'none' | 'descriptions' | 'lists' | 'devices';
}

/** A new package is a decision, and so is a new number here; the sizes leave some 4 % of room. */
const budgets: Readonly<Record<UseCase | 'agent', Budget>> = {
  // The client of S3 is loaded where the cluster is written in alone.
  agent: { packages: 34, kilobytes: 1_520, vendors: 'none' },
  'ingest-deltas': { packages: 40, kilobytes: 1_210, atOnce: 1_090, vendors: 'descriptions' },
  'sync-firewall': { packages: 45, kilobytes: 2_670, atOnce: 1_110, vendors: 'devices' },
  'reconcile-firewall': { packages: 46, kilobytes: 2_660, atOnce: 1_100, vendors: 'devices' },
  'rotate-credential': { packages: 45, kilobytes: 2_620, atOnce: 1_060, vendors: 'devices' },
  sweep: { packages: 40, kilobytes: 1_240, atOnce: 1_130, vendors: 'descriptions' },
  'archive-changes': { packages: 42, kilobytes: 1_290, atOnce: 1_200, vendors: 'descriptions' },
  'answer-approval': { packages: 40, kilobytes: 1_180, atOnce: 1_070, vendors: 'descriptions' },
  'onboard-clusters': { packages: 44, kilobytes: 1_420, atOnce: 1_310, vendors: 'descriptions' },
  'publish-desired': { packages: 43, kilobytes: 1_380, atOnce: 1_280, vendors: 'descriptions' },
  // These two ask EC2.
  'resolve-names': { packages: 42, kilobytes: 1_760, atOnce: 1_650, vendors: 'descriptions' },
  'tell-hosts': { packages: 42, kilobytes: 1_750, atOnce: 1_640, vendors: 'descriptions' },
  // It reads the lists from their bucket.
  'serve-lists': { packages: 41, kilobytes: 1_850, atOnce: 1_040, vendors: 'lists' },
};

/** Nothing of these is shipped to functions or clusters: they belong to the machine of an operator. */
const neverShipped =
  /^(aws-cdk|aws-cdk-lib|constructs|cdk-nag|commander|cli-table3|picocolors|vitest|fast-check|typescript|esbuild)$/;

type Output = Metafile['outputs'][string];

type Sources = Metafile['inputs'];

const entryOf = (useCase: UseCase): string => `lambdas/${useCase}/handler.ts`;
const bundles = () => bundleFunctions((each) => `${root}/${entryOf(each)}`);

/** A source with all that it imports, directly or not. */
function importedBy(entry: string, sources: Sources): string[] {
  const found = new Set([entry]);
  for (const path of found)
    for (const { path: to, external } of sources[path]?.imports ?? []) if (external !== true) found.add(to);
  return [...found];
}

/** As functions are deployed: all of a function, or what is read at every start. */
function functionParts(useCase: UseCase, which?: 'atOnce'): Output[] {
  const made = bundles();
  return [...partsOf(made, useCase, which)].flatMap((name) => made.outputs.get(name) ?? []);
}

/** As scripts/build.ts makes it. */
async function agentBundle(): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [`${root}/cluster-agent/main.ts`],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    absWorkingDir: root,
  });
  return metafile;
}

const sizeOf = (outputs: readonly Output[]): number => outputs.reduce((sum, { bytes }) => sum + bytes, 0);

test('every function has a budget', () => {
  const functions = readdirSync(`${root}/lambdas`, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(useCases.toSorted()).toEqual(functions.map(({ name }) => name).sort());
});

describe.each(['agent' as const, ...useCases])('%s', (name) => {
  const budget = budgets[name];
  let bytes: number;
  let atOnce: number;
  let packages: string[];
  let sources: string[];
  beforeAll(async () => {
    const agent = name === 'agent' ? await agentBundle() : undefined;
    const outputs = name === 'agent' ? Object.values(agent?.outputs ?? {}) : functionParts(name);
    const imported =
      name === 'agent' ? Object.keys(agent?.inputs ?? {}) : importedBy(entryOf(name), bundles().inputs);
    bytes = sizeOf(outputs);
    atOnce = name === 'agent' ? bytes : sizeOf(functionParts(name, 'atOnce'));
    sources = outputs
      .flatMap(({ inputs }) => Object.entries(inputs))
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path);
    const found = imported.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
    packages = [...new Set(found)].sort();
    console.log(`${name}: ${packages.length} packages, ${bytes} bytes, ${atOnce} at once`);
  });

  test('holds no more packages than decided, and none of the tools', () => {
    expect(packages).toContain('zod');
    expect(packages.filter((each) => neverShipped.test(each))).toEqual([]);
    expect(packages.length, packages.join(' ')).toBeLessThanOrEqual(budget.packages);
  });

  test('is no larger than decided', () => {
    expect(bytes).toBeLessThanOrEqual(budget.kilobytes * 1_000);
    expect(atOnce).toBeLessThanOrEqual((budget.atOnce ?? budget.kilobytes) * 1_000);
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
