import { z } from 'zod';
import { administrationPrefix, type SimulatorFrame } from '../../../simulators/frame.ts';
import type { ApiAnswer, ApiRequest } from '../../../simulators/http.ts';
import { jsonAnswer } from '../../../simulators/http.ts';
import type { Gate } from './access.ts';
import { Refusal } from './answer.ts';
import type { Device } from './device.ts';
import type { Fault } from './faults.ts';

export interface Administration {
  device: Device;
  gate: Gate;
  frame: Pick<SimulatorFrame<Fault>, 'requests' | 'addFaults' | 'removeFaults' | 'listFaults'>;
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
      count: z.enum(['page', 'total']),
      emptyCommit: z.enum(['success', 'code-13']),
      deniedStatus: z.enum(['ok', 'as-code']),
      jobMs: z.int().min(0),
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
      action: z.enum(['set', 'edit', 'delete', 'rename']),
      xpath: z.string(),
      element: z.string().optional(),
      newname: z.string().optional(),
    }),
  ),
  commit: z.boolean().default(false),
});

function changeDevice({ device, gate, passTime }: Administration, input: unknown): Device {
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
  const problems = commit ? device.config.commit([admin]) : [];
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  return { edits: list.length };
}

/** Answers below `/_simulator/`, which no vendor path uses. Needs a valid API key in the header. */
export function answerAdministration(request: ApiRequest, admin: Administration): ApiAnswer {
  if (!admin.gate.holdsKey(request)) return jsonAnswer(401, { error: 'Send the API key as X-PAN-KEY.' });
  try {
    return route(request, admin);
  } catch (error) {
    const known =
      error instanceof RangeError ||
      error instanceof SyntaxError ||
      error instanceof Refusal ||
      error instanceof z.ZodError;
    if (known) return jsonAnswer(400, { error: error.message });
    throw error;
  }
}

function route(request: ApiRequest, admin: Administration): ApiAnswer {
  const { device, frame } = admin;
  const [resource = '', id] = request.path.slice(administrationPrefix.length).split('/');
  switch (`${request.method} ${resource}`) {
    case 'GET faults':
      return jsonAnswer(200, frame.listFaults());
    case 'POST faults':
      return jsonAnswer(200, frame.addFaults(JSON.parse(request.body)));
    case 'DELETE faults':
      return jsonAnswer(200, { removed: frame.removeFaults(id) });
    case 'GET requests':
      return jsonAnswer(200, frame.requests.list());
    case 'DELETE requests':
      frame.requests.clear();
      return jsonAnswer(200, {});
    case 'GET commits': {
      const after = Number(request.query.get('after') ?? 0) || 0;
      return jsonAnswer(200, { last: device.commits.last, commits: device.commits.after(after) });
    }
    case 'POST edits':
      return jsonAnswer(200, editAs(device, JSON.parse(request.body)));
    case 'GET device':
      return jsonAnswer(200, { ...device.facts, behaviour: device.behaviour, locks: device.locks });
    case 'POST device': {
      const { facts, behaviour, locks } = changeDevice(admin, JSON.parse(request.body));
      return jsonAnswer(200, { ...facts, behaviour, locks });
    }
    default:
      return jsonAnswer(404, { error: `No ${request.method} ${request.path} here; see the readme.` });
  }
}
