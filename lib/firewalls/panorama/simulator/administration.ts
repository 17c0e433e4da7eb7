import { z } from 'zod';
import type { Administration } from '../../../simulators/administration.ts';
import type { Gate } from './access.ts';
import { Refusal } from './answer.ts';
import { commitOf } from './commit-api.ts';
import type { Device } from './device.ts';

interface World {
  device: Device;
  gate: Gate;
  /** Moves the clock of the device. */
  passTime: (milliseconds: number) => void;
}

const lock = z.strictObject({
  kind: z.enum(['config', 'commit']),
  owner: z.string().min(1),
  scope: z.string().default('shared'),
  comment: z.string().default(''),
});

/** Body of POST `/_simulator/device`: whatever is named changes, the rest stays. `unit`: serial number of a managed firewall. */
const deviceChange = z.strictObject({
  unit: z.string().optional(),
  role: z.enum(['alone', 'active', 'passive']).optional(),
  connected: z.boolean().optional(),
  version: z.string().optional(),
  registeredIpsMax: z.int().min(0).optional(),
  behaviour: z
    .strictObject({
      duplicates: z.enum(['refused', 'ignored']),
      refreshes: z.boolean(),
      order: z.enum(['as-sent', 'register-first']),
      refusals: z.enum(['error', 'success']),
      count: z.enum(['page', 'total']),
      emptyCommit: z.enum(['success', 'code-13']),
      deniedStatus: z.enum(['ok', 'as-code']),
      jobMs: z.int().min(0),
      redistributionMs: z.int().min(0),
    })
    .partial()
    .optional(),
  locks: z.array(lock).optional(),
  nextJobFails: z.array(z.string()).optional(),
  nextPushFailsOn: z.array(z.string()).optional(),
  expireKeys: z.literal(true).optional(),
  reboot: z.literal(true).optional(),
  passSeconds: z.number().min(0).optional(),
});

/** Edits as another administrator would make them; `commit` makes all of that administrator's edits effective. */
const edits = z.strictObject({
  admin: z.string().default('admin'),
  edits: z.array(
    z.strictObject({
      action: z.enum(['set', 'edit', 'delete', 'rename', 'move', 'clone']),
      xpath: z.string(),
      element: z.string().optional(),
      newname: z.string().optional(),
      where: z.string().optional(),
      dst: z.string().optional(),
      from: z.string().optional(),
    }),
  ),
  commit: z.boolean().default(false),
});

function changeDevice({ device, gate, passTime }: World, input: unknown): Device {
  const { unit, behaviour, expireKeys, reboot, passSeconds, ...rest } = deviceChange.parse(input);
  const meant = unit === undefined ? device : device.managed.get(unit);
  if (!meant) throw new RangeError(`There is no managed firewall ${unit}.`);
  const { locks, nextJobFails, nextPushFailsOn, ...facts } = rest;
  Object.assign(meant.facts, facts);
  Object.assign(meant.behaviour, behaviour);
  if (locks) meant.locks = locks;
  if (nextJobFails) meant.nextJobFails = nextJobFails;
  if (nextPushFailsOn) meant.nextPushFailsOn = nextPushFailsOn;
  if (expireKeys) gate.expireKeys();
  if (reboot) meant.reboot();
  if (passSeconds !== undefined) passTime(passSeconds * 1000);
  return meant;
}

/** Edits the configuration as somebody else would. Throws a Refusal for an edit that the device refuses. */
export function editAs(device: Device, input: unknown): { edits: number } {
  const { admin, edits: list, commit } = edits.parse(input);
  for (const edit of list) device.config.edit(admin, edit);
  if (!commit) return { edits: list.length };
  const work = () => commitOf(device, [admin]);
  const { problems = [] } = device.jobs.add({ type: 'Commit', user: admin, devices: [] }, 0, work);
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  return { edits: list.length };
}

/** The device, and edits as somebody else would make them, for who has a valid API key. */
export function administration(world: World): Administration {
  const { device, gate } = world;
  const shown = ({ facts, behaviour, locks }: Device) => ({ ...facts, behaviour, locks });
  return {
    admits: (request) => gate.holdsKey(request),
    credential: 'Send the API key as X-PAN-KEY.',
    commits: () => device.commits,
    refusal: Refusal,
    routes: {
      'POST edits': ({ body }) => editAs(device, body()),
      'GET device': () => shown(device),
      'POST device': ({ body }) => shown(changeDevice(world, body())),
    },
  };
}
