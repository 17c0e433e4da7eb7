import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import { printable } from '../shared/printable.ts';
import type { FortimanagerClient } from './client.ts';
import { rowsOf } from './envelope.ts';
import { isMissing } from './errors.ts';
import { addressOfName } from './names.ts';
import type { FortimanagerDevice } from './schema.ts';
import { waitForTask } from './tasks.ts';
import { isAtLeast, partialInstallSince } from './version.ts';

/** What a partial install does with one object, such as `obj/firewall/address/x`. */
export type InstallStep = readonly [action: 'add' | 'update' | 'delete', object: string];

const started = z.looseObject({ task: z.coerce.number().int() });
const previewed = z.looseObject({ message: z.string() });
const packageRows = rowsOf(
  z.looseObject({
    dev: z.string(),
    vdom: z.string().optional(),
    pkg: z.string(),
    status: z.string().optional(),
  }),
);

/** Refuses before anything is written what could not be installed afterwards. */
export function requireInstall(client: FortimanagerClient): void {
  const { install, package: name } = client.settings;
  if (install === 'partial' && !isAtLeast(client.version, partialInstallSince))
    throw new ZonebridgeError(
      'firewall/unsupported',
      `FortiManager ${client.version} has no partial install of named objects alone, it exists from ${partialInstallSince}: use install: none, or install: package`,
    );
  if (install === 'package' && name === undefined)
    throw new ZonebridgeError(
      'firewall/unsupported',
      'install: package needs the name of the policy package',
    );
}

/**
 * Makes saved changes effective on the firewalls, as configured, and waits for the end. Never with `force`. With a device in the settings it
 * is the only one that gets anything; without, the manager finds those that use the objects, and a package goes to the devices that
 * {@link refuseChangesOfOthers} looked at.
 */
export async function install(
  client: FortimanagerClient,
  steps: readonly InstallStep[],
  scope: readonly FortimanagerDevice[],
): Promise<void> {
  const { adom, install: kind, package: name, device } = client.settings;
  if (kind === 'none' || steps.length === 0) return;
  if (kind === 'partial') {
    // The last two fields place policies in their order; objects have none.
    const objects = steps.map(([action, object]) => [action, object, '', '']);
    await run(client, 'install/objects/v2', {
      adom,
      flags: 0,
      objects,
      ...(device ? { scope: [device] } : {}),
    });
    return;
  }
  await run(client, 'install/package', { adom, pkg: name, flags: ['none'], scope });
}

/**
 * A package install takes everybody's changes along. So it is previewed first, and refused when it would install what is not ours.
 * `groups`: names of the groups that this run may change. Returns the devices that were looked at: an install goes to no other.
 */
export async function refuseChangesOfOthers(
  client: FortimanagerClient,
  place: { hub: string; groups: ReadonlySet<string> },
): Promise<readonly FortimanagerDevice[]> {
  const { adom, install: kind, package: name } = client.settings;
  if (kind !== 'package') return [];
  const scope = await targetsOf(client);
  const foreign: string[] = [];
  try {
    await run(client, 'install/package', { adom, pkg: name, flags: ['preview'], scope });
    for (const device of new Set(scope.map(({ name: one }) => one))) {
      await run(client, 'install/preview', { adom, device, flags: ['none'] });
      const data = await client.writeOne('exec', {
        url: '/securityconsole/preview/result',
        data: { adom, device },
      });
      const found = previewed.safeParse(data.data);
      if (!found.success)
        throw new ZonebridgeError(
          'firewall/unexpected-answer',
          `the preview for ${device} came back incomplete`,
        );
      foreign.push(...editsOf(found.data.message).filter((edit) => !isOurs(edit, place)));
    }
  } finally {
    await client.writeOne('exec', { url: '/securityconsole/package/cancel/install', data: { adom } });
  }
  if (foreign.length === 0) return scope;
  const shown = [...new Set(foreign)].slice(0, 5).map((edit) => printable(edit));
  throw new ZonebridgeError(
    'firewall/install-failed',
    `package ${name ?? ''} holds changes of others that are not installed (${shown.join(', ')}); nothing was changed: have them installed, or use install: partial`,
  );
}

/**
 * Devices that the package was installed on before; with a device in the settings, that one. The manager tells of no other target, so what an
 * install would do there cannot be looked at, and without a list it goes to all of them.
 */
async function targetsOf(client: FortimanagerClient): Promise<FortimanagerDevice[]> {
  const { package: name = '', device } = client.settings;
  if (device) return [device];
  const rows = await readPackages(client);
  const targets = rows
    .filter(({ pkg }) => pkg === name)
    .map(({ dev, vdom = 'root' }) => ({ name: dev, vdom }));
  if (targets.length > 0) return targets;
  throw new ZonebridgeError(
    'firewall/install-failed',
    `package ${name} was installed on no device yet, so nobody can tell what an install takes along; nothing was changed: install it once, or use install: partial`,
  );
}

type PackageRow = z.output<typeof packageRows>[number];

export function packageStatusParam(client: FortimanagerClient): { url: string } {
  return { url: `/pm/config/adom/${client.settings.adom}/_package/status` };
}

async function readPackages(client: FortimanagerClient): Promise<PackageRow[]> {
  return parsePackages(await client.readOne(packageStatusParam(client)));
}

function parsePackages(data: unknown): PackageRow[] {
  const rows = packageRows.safeParse(data);
  if (!rows.success)
    throw new ZonebridgeError('firewall/unexpected-answer', 'the state of the packages came back incomplete');
  return rows.data;
}

/** Whether everything that was saved is installed, on one device or on all, as far as the manager tells: by package, not by object. */
export function isAllInstalled(data: unknown, device: FortimanagerDevice | undefined): boolean {
  return parsePackages(data)
    .filter(
      ({ dev, vdom }) =>
        device === undefined || (dev === device.name && (vdom === undefined || vdom === device.vdom)),
    )
    .every(({ status }) => status === 'installed');
}

async function run(
  client: FortimanagerClient,
  verb: string,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const param = { url: `/securityconsole/${verb}`, data };
  try {
    const found = started.safeParse((await client.writeOne('exec', param)).data);
    if (!found.success)
      throw new ZonebridgeError('firewall/outcome-unknown', `${param.url}: no task came back`);
    await waitForTask(client, found.data.task);
  } catch (error) {
    if (!isMissing(error)) throw error;
    // What is not there is the package or the task: it says nothing about the object that was changed.
    const text = error instanceof Error ? error.message : '';
    throw new ZonebridgeError('firewall/install-failed', text, { cause: error });
  }
}

/** What a preview changes, as `table name` or `table`: the outermost entries of the command line that it shows. */
function editsOf(message: string): string[] {
  const edits: string[] = [];
  let table = '';
  let depth = 0;
  let named = false;
  for (const line of message.split('\n').map((text) => text.trim())) {
    if (line.startsWith('config ')) {
      depth += 1;
      if (depth === 1) [table, named] = [line.slice('config '.length), false];
    } else if (line === 'end') {
      if (depth === 1 && !named) edits.push(table);
      depth -= 1;
    } else if (depth === 1 && /^(edit|delete) /.test(line)) {
      named = true;
      edits.push(`${table} ${line.replace(/^\w+ /, '').replaceAll('"', '')}`);
    }
  }
  return edits;
}

function isOurs(edit: string, { hub, groups }: { hub: string; groups: ReadonlySet<string> }): boolean {
  const name = /^firewall (?:address|addrgrp)6? (.+)$/.exec(edit)?.[1];
  return name !== undefined && (groups.has(name) || addressOfName(hub, name) !== undefined);
}
