import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { Problem } from '../../core/errors.ts';
import { modules } from '../compose-modules.ts';
import type { ConfigurationFiles } from './files.ts';
import { InvalidConfiguration } from './invalid-configuration.ts';
import { loadConfiguration } from './load.ts';

/** For tests: a small valid document of one cluster, one firewall and one group. */
export const document = `hub: { name: prod, account: "111122223333", region: eu-central-1, alarmEmails: [soc@example.com] }
networks:
  datacenter:
    vpc: vpc-0a1b2c3d4e5f60718
    subnets: [{ id: subnet-0a1b2c3d4e5f60718, availabilityZone: eu-central-1a }]
    securityGroups: [sg-0a1b2c3d4e5f60718]
    endpoints: existing
    sourceRanges: [10.9.0.0/26]
clusters:
  shop: { account: "111122223333", region: eu-central-1, realm: default, ranges: [10.20.0.0/16], cell: a }
firewalls:
  edge-1:
    kind: fortigate
    network: datacenter
    realms: [default]
    address: 10.0.0.10
    version: "7.4.4"
    managedBy: none
    caFile: edge-1-ca.pem
groups:
  storefront:
    addresses: pod
    select: app == 'storefront'
    namespaces: projectcalico.org/name == 'shop'
    usedIn: allow
    maxMembers: 200
    owner: team-shop@example.com
    publish:
      - { firewall: edge-1, channel: push, create: own, mode: sync }
`;

const ca = readFileSync(new URL('../../../examples/storefront/firewall-ca.pem', import.meta.url), 'utf8');

/** A folder `/config` with these files and a CA. */
function memoryFiles(files: Record<string, string>): ConfigurationFiles {
  const all: Record<string, string> = { 'edge-1-ca.pem': ca, ...files };
  const known = (location: string) => {
    const name = path.relative('/config', location);
    return Object.hasOwn(all, name) ? all[name] : undefined;
  };
  return {
    kind: async (location) => {
      if (location === '/config') return 'folder';
      return known(location) === undefined ? 'missing' : 'file';
    },
    listFolder: async () => Object.keys(all),
    readText: async (location) => known(location) ?? Promise.reject(new Error('no such file')),
  };
}

/** Loads one document, or a folder of several. */
export function load(text: string | Record<string, string>) {
  const single = typeof text === 'string';
  const files = memoryFiles(single ? { 'zonebridge.yaml': text } : text);
  return loadConfiguration(single ? '/config/zonebridge.yaml' : '/config', { modules, files });
}

/** The document with one text replaced by another; fails when it does not occur. */
export function edited(...replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the test document does not hold ${from}`);
    return text.replace(from, to);
  }, document);
}

/** The problems of a document that must not load. */
export async function problemsOf(text: string | Record<string, string>): Promise<readonly Problem[]> {
  const error: unknown = await load(text).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof InvalidConfiguration) return error.problems;
  throw error ?? new Error('the document was accepted');
}

/** One replacement in the valid document, and the only problem it must cause: path, line, words of the message. */
export type Case = [from: string, to: string, path: string, line: number, message: RegExp];

/** What `problemsOf` must give for a case. */
export function onlyProblem([, , path, line, message]: Case): unknown {
  return { path, line, file: '/config/zonebridge.yaml', message: expect.stringMatching(message) };
}
