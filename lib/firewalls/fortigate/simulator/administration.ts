import { z } from 'zod';
import type { Gate } from './access.ts';
import type { Device } from './device.ts';
import { administrationPrefix, type SimulatorFrame } from '../../../simulators/frame.ts';
import type { Fault } from './faults.ts';
import { jsonAnswer } from '../../../simulators/http.ts';
import type { ApiAnswer, ApiRequest } from '../../../simulators/http.ts';
import { Refusal } from './refusal.ts';
import { seedDevice } from './seed.ts';
import { formatVersion, parseVersion } from './version.ts';

export interface Administration {
  device: Device;
  gate: Gate;
  frame: Pick<SimulatorFrame<Fault>, 'requests' | 'addFaults' | 'removeFaults' | 'listFaults'>;
}

const limit = z.number().min(0);
const access = z.enum(['none', 'read', 'read-write']);

/** Body of POST `/_simulator/device`: whatever is named changes, the rest stays. */
const deviceChange = z.strictObject({
  version: z.string().optional(),
  serial: z.string().min(1).optional(),
  peerSerial: z.string().min(1).optional(),
  hostname: z.string().min(1).optional(),
  bootTime: z.number().optional(),
  role: z.enum(['standalone', 'primary', 'secondary']).optional(),
  trustedHosts: z.array(z.string()).optional(),
  accessProfile: z.record(z.string(), access).optional(),
  limits: z
    .strictObject({ addresses: limit, groups: limit, groupMembers: limit, feedEntries: limit })
    .partial()
    .optional(),
  behaviour: z
    .strictObject({
      duplicateStatus: z.union([z.literal(500), z.literal(424)]),
      unknownReference: z.union([z.literal(-3), z.literal(-651)]),
      memberPut: z.enum(['allowed', 'refused']),
      unknownFeed: z.enum(['per-command', 'whole-request']),
      bootTime: z.enum(['shown', 'hidden']),
      entryListDefaultCount: z.int().min(0),
    })
    .partial()
    .optional(),
  addVdom: z.string().min(1).optional(),
  reboot: z.strictObject({ feedEntries: z.enum(['kept', 'lost']) }).optional(),
});

/** Changes the device as an operator, a failover or a reboot would. Throws RangeError for a body that does not fit. */
function changeDevice(device: Device, gate: Gate, input: unknown): void {
  const parsed = deviceChange.safeParse(input);
  if (!parsed.success) {
    throw new RangeError(z.prettifyError(parsed.error));
  }
  const { version, limits, behaviour, addVdom, reboot, ...plain } = parsed.data;
  const { settings } = device;
  Object.assign(settings, plain, version === undefined ? {} : { version: parseVersion(version) });
  Object.assign(settings.limits, limits);
  Object.assign(settings.behaviour, behaviour);
  if (addVdom !== undefined && !device.vdoms.has(addVdom)) {
    device.addVdom(addVdom);
  }
  if (reboot !== undefined) {
    gate.dropSessions();
    device.reboot(reboot.feedEntries, Date.now());
  }
  device.onChange();
}

const newUser = z.strictObject({ name: z.string().min(1).max(35), accprofile: z.string().min(1).max(35) });

/** An API administrator with a key, as a super_admin would make one. Returns the key; keys are not kept in the state file. */
export function addApiUser(device: Device, gate: Gate, user: z.infer<typeof newUser>): string {
  const vdom = device.managementVdom;
  seedDevice(device, { vdom, rows: { 'system/api-user': [{ ...user, vdom: [{ name: vdom }] }] } });
  return gate.generateKey(user.name);
}

/** Answers below `/_simulator/`, which no vendor path uses. Needs the API token in the header. */
export function answerAdministration(request: ApiRequest, admin: Administration): ApiAnswer {
  if (!admin.gate.holdsToken(request)) {
    return jsonAnswer(401, { error: 'Send the API token as Authorization: Bearer <token>.' });
  }
  try {
    return route(request, admin);
  } catch (error) {
    if (
      error instanceof RangeError ||
      error instanceof SyntaxError ||
      error instanceof Refusal ||
      error instanceof z.ZodError
    ) {
      return jsonAnswer(400, { error: error.message });
    }
    throw error;
  }
}

function route(request: ApiRequest, admin: Administration): ApiAnswer {
  const [resource = '', id] = request.path.slice(administrationPrefix.length).split('/');
  switch (`${request.method} ${resource}`) {
    case 'GET faults':
      return jsonAnswer(200, admin.frame.listFaults());
    case 'POST faults':
      return jsonAnswer(200, admin.frame.addFaults(JSON.parse(request.body)));
    case 'DELETE faults':
      return jsonAnswer(200, { removed: admin.frame.removeFaults(id) });
    case 'GET commits': {
      const after = Number(request.query.get('after') ?? 0) || 0;
      return jsonAnswer(200, { last: admin.device.commits.last, commits: admin.device.commits.after(after) });
    }
    case 'GET state':
      return jsonAnswer(200, admin.device.snapshot());
    case 'POST seed':
      return jsonAnswer(200, seedDevice(admin.device, JSON.parse(request.body)));
    case 'POST api-users':
      return jsonAnswer(200, {
        token: addApiUser(admin.device, admin.gate, newUser.parse(JSON.parse(request.body))),
      });
    case 'GET requests':
      return jsonAnswer(200, admin.frame.requests.list());
    case 'DELETE requests':
      admin.frame.requests.clear();
      return jsonAnswer(200, {});
    case 'GET device':
    case 'POST device':
      if (request.method === 'POST') {
        changeDevice(admin.device, admin.gate, JSON.parse(request.body));
      }
      return jsonAnswer(200, {
        ...admin.device.settings,
        version: formatVersion(admin.device.settings.version),
      });
    default:
      return jsonAnswer(404, { error: `No ${request.method} ${request.path} here; see the readme.` });
  }
}
