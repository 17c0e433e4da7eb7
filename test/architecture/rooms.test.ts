import { describe, expect, test } from 'vitest';
import { type Import, importsOf, isTest, lookedAt, sourcesIn } from './sources.ts';

/** What a room may import: own paths by their beginning, packages by name (`*` at the end for any rest). */
interface Room {
  name: string;
  files: RegExp;
  ours: readonly RegExp[];
  packages: readonly string[];
}

const core = /^lib\/core\//;
const app = /^lib\/app\//;
const simulators = /^lib\/simulators\//;
const sharedByVendors = /^lib\/firewalls\/shared\//;
const anyLibrary = ['*'];

/** The first room that fits a file is its room. */
const rooms: readonly Room[] = [
  { name: 'core', files: core, ours: [core], packages: ['zod', 'ipaddr.js', 'luxon', '@noble/hashes'] },
  {
    name: 'registry of firewalls',
    files: /^lib\/firewalls\/registry\.ts$/,
    ours: [core, /^lib\/firewalls\/[^/]+\/index\.ts$/],
    packages: [],
  },
  {
    name: 'registry of descriptions',
    files: /^lib\/firewalls\/descriptions\.ts$/,
    ours: [core, /^lib\/firewalls\/[^/]+\/description\.ts$/],
    packages: [],
  },
  {
    name: 'vendors as those who serve their lists need them',
    files: /^lib\/firewalls\/serving\.ts$/,
    ours: [core, /^lib\/firewalls\/(descriptions|[^/]+\/(description|open-lists))\.ts$/],
    packages: [],
  },
  {
    name: 'registry of simulators',
    files: /^lib\/firewalls\/simulators\.ts$/,
    ours: [simulators, /^lib\/firewalls\/[^/]+\/simulator\/(reader\/)?command\.ts$/],
    packages: [],
  },
  {
    name: 'what vendors share',
    files: sharedByVendors,
    ours: [core, sharedByVendors],
    packages: ['zod', 'undici', 'node:*'],
  },
  {
    name: 'what simulators share',
    files: simulators,
    ours: [simulators],
    packages: ['@peculiar/x509', 'reflect-metadata', 'zod', 'node:*'],
  },
  {
    name: 'simulator of a vendor',
    files: /^lib\/firewalls\/[^/]+\/simulator\//,
    ours: [core, simulators],
    packages: ['zod', 'ipaddr.js', 'undici', 'node:*'],
  },
  {
    // Its device is a bucket: the SDK is the client, as undici is elsewhere.
    name: 'lists in a bucket',
    files: /^lib\/firewalls\/pull-list\//,
    ours: [core, sharedByVendors],
    packages: ['zod', 'node:*', '@aws-sdk/client-s3'],
  },
  {
    // The API of AWS is its device: the SDK signs and reads, what it sends goes over the transport of all vendors.
    name: 'the vendor that is AWS',
    files: /^lib\/firewalls\/aws-prefix-list\//,
    ours: [core, sharedByVendors],
    packages: ['@aws-sdk/client-ec2', 'zod', 'ipaddr.js', 'node:tls'],
  },
  {
    name: 'a vendor',
    files: /^lib\/firewalls\/[^/]+\//,
    ours: [core, sharedByVendors],
    packages: ['zod', 'ipaddr.js', 'undici', 'node:*'],
  },
  {
    name: 'simulated Kubernetes API',
    files: /^lib\/kubernetes\/simulator\//,
    ours: [core, simulators, /^lib\/kubernetes\/simulator\//],
    packages: ['zod', 'yaml', 'node:*'],
  },
  {
    name: 'installation in clusters',
    files: /^lib\/kubernetes\/(administration|manifests)\//,
    ours: [core, /^lib\/kubernetes\/(administration|manifests)\//],
    packages: ['@kubernetes/client-node', 'zod', 'yaml', 'node:*'],
  },
  {
    name: 'kubernetes',
    files: /^lib\/kubernetes\//,
    ours: [core, /^lib\/kubernetes\/(?!simulator\/)/],
    packages: ['zod', 'yaml'],
  },
  {
    name: 'aws',
    files: /^lib\/aws\//,
    ours: [core, /^lib\/aws\//],
    packages: ['@aws-sdk/*', '@aws-lambda-powertools/*', '@smithy/*', 'node:*'],
  },
  {
    name: 'composition',
    files: /^lib\/app\/compose[^/]*\.ts$/,
    ours: [
      core,
      app,
      /^lib\/aws\//,
      /^lib\/firewalls\/(descriptions|registry|serving)\.ts$/,
      /^lib\/kubernetes\/(administration|manifests)\//,
    ],
    packages: [],
  },
  {
    name: 'app',
    files: app,
    ours: [core, app],
    packages: ['zod', 'yaml', 'node:path', 'node:fs', 'node:fs/promises', 'node:crypto', 'node:zlib'],
  },
  {
    name: 'cdk',
    files: /^lib\/cdk\//,
    ours: [
      core,
      /^lib\/cdk\//,
      /^lib\/app\/(configuration\/.+|deliveries|names|environment|metrics)(\.ts)?$/,
    ],
    packages: [
      'aws-cdk-lib',
      'constructs',
      'cdk-nag',
      'esbuild',
      'node:module',
      'node:url',
      'node:path',
      'node:fs',
    ],
  },
  {
    name: 'import of a former tool',
    files: /^lib\/imports\//,
    ours: [core, /^lib\/imports\//],
    packages: ['zod', 'yaml', 'node:net'],
  },
  {
    name: 'command that imports',
    files: /^lib\/cli\/(commands\/import|show-import)\.ts$/,
    ours: [core, app, /^lib\/cli\//, /^lib\/imports\/[^/]+\/index\.ts$/],
    packages: ['commander', 'node:*'],
  },
  {
    name: 'command that starts a simulator',
    files: /^lib\/cli\/(commands\/simulate|simulate-reader)\.ts$/,
    ours: [
      core,
      /^lib\/cli\//,
      simulators,
      /^lib\/firewalls\/simulators\.ts$/,
      /^lib\/kubernetes\/simulator\/command\.ts$/,
    ],
    packages: anyLibrary,
  },
  {
    name: 'command line',
    files: /^lib\/cli\//,
    ours: [core, app, /^lib\/cli\//, /^lib\/sandbox\//],
    packages: ['commander', 'picocolors', 'cli-table3', 'zod', 'node:*'],
  },
  {
    name: 'sandbox',
    files: /^lib\/sandbox\//,
    ours: [/^lib\/(?!cli\/)/, /^cluster-agent\//],
    packages: anyLibrary,
  },
  {
    name: 'starters',
    files: /^bin\//,
    ours: [/^lib\/cli\//, /^lib\/cdk\//, /^lib\/app\/(configuration\/.+|compose-modules)(\.ts)?$/],
    packages: ['aws-cdk-lib', 'node:*'],
  },
  {
    name: 'functions',
    files: /^lambdas\//,
    ours: [app, /^lambdas\/[^/]+\.ts$/],
    packages: ['@middy/core', '@aws-lambda-powertools/*', 'aws-lambda'],
  },
  {
    name: 'AWS of the agent',
    files: /^cluster-agent\/aws(-[a-z]+)?\.ts$/,
    ours: [core, /^cluster-agent\//],
    packages: ['@aws-sdk/*', '@smithy/*', 'node:*'],
  },
  {
    name: 'agent logic',
    files: /^cluster-agent\/lib\//,
    ours: [core, /^lib\/kubernetes\//, /^cluster-agent\/lib\//],
    packages: ['zod', 'prom-client', 'node:events'],
  },
  {
    name: 'agent',
    files: /^cluster-agent\//,
    ours: [core, /^lib\/kubernetes\//, /^cluster-agent\//, /^package\.json$/],
    packages: ['prom-client', 'yaml', 'zod', 'node:*'],
  },
];

const sources = sourcesIn('bin', 'lib', 'lambdas', 'cluster-agent').filter((source) => !isTest(source));

function allows(room: Room, one: Import): boolean {
  if (!one.ours) {
    return room.packages.some((name) =>
      name.endsWith('*') ? one.to.startsWith(name.slice(0, -1)) : one.to === name,
    );
  }
  // A vendor may import itself, never another one.
  const vendor = /^lib\/firewalls\/[^/]+\//.exec(one.from.path)?.[0];
  if (vendor !== undefined && one.to.startsWith(vendor)) return true;
  return room.ours.some((pattern) => pattern.test(one.to));
}

describe('rooms', () => {
  test('every file lies in a room', () => {
    lookedAt('files', sources.length);
    expect(sources.filter(({ path }) => !rooms.some(({ files }) => files.test(path)))).toEqual([]);
  });

  test.each(rooms)('$name imports only what it may', (room) => {
    const mine = sources.filter(({ path }) => rooms.find(({ files }) => files.test(path)) === room);
    const imports = mine.flatMap(importsOf);
    lookedAt(`files of ${room.name} with ${imports.length} imports`, mine.length);
    const wrong = imports.filter((one) => !allows(room, one));
    expect(wrong.map(({ from, to }) => `${from.path} -> ${to}`)).toEqual([]);
  });

  test('nothing that is shipped imports from test', () => {
    const imports = sources.flatMap(importsOf);
    lookedAt('imports', imports.length);
    expect(
      imports.filter(({ to }) => to.startsWith('test/') || /\.test\.ts$|\/test-[a-z-]+\.ts$/.test(to)),
    ).toEqual([]);
  });
});

describe('the rules themselves', () => {
  const from = { path: 'lib/core/x.ts', text: '' };

  test('imports of every form are seen', () => {
    const text = `import a from './a.ts';\nimport type { B } from "../b.ts";\nexport * from 'zod';\nimport 'node:fs';
      const c = await import('@scope/name/deep');\n// import 'no';\n/* from 'no' */`;
    expect(importsOf({ ...from, text }).map(({ to }) => to)).toEqual([
      'lib/core/a.ts',
      'lib/b.ts',
      'zod',
      'node:fs',
      '@scope/name',
    ]);
  });

  test('one vendor may not import another', () => {
    const vendor = rooms.find(({ name }) => name === 'a vendor')!;
    const path = 'lib/firewalls/one/client.ts';
    const to = (name: string): Import => ({ from: { path, text: '' }, to: name, ours: true });
    expect(allows(vendor, to('lib/firewalls/one/schema.ts'))).toBe(true);
    expect(allows(vendor, to('lib/firewalls/two/schema.ts'))).toBe(false);
    expect(allows(vendor, to('lib/app/names.ts'))).toBe(false);
  });
});
