import { z } from 'zod';
import type { Gate } from './access.ts';
import type { Device } from './device.ts';
import type { Administration } from '../../../simulators/administration.ts';
import { Refusal } from './refusal.ts';
import { seedDevice } from './seed.ts';
import { formatVersion, parseVersion } from './version.ts';

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
      transactionId: z.enum(['transaction-id', 'transaction_id']),
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

/** The device, its configuration and its API administrators, for who has the API token. */
export function administration(device: Device, gate: Gate): Administration {
  const settings = () => ({ ...device.settings, version: formatVersion(device.settings.version) });
  return {
    admits: (request) => gate.holdsToken(request),
    credential: 'Send the API token as Authorization: Bearer <token>.',
    commits: () => device.commits,
    refusal: Refusal,
    routes: {
      'GET state': () => device.snapshot(),
      'POST seed': ({ body }) => seedDevice(device, body()),
      'POST api-users': ({ body }) => ({ token: addApiUser(device, gate, newUser.parse(body())) }),
      'GET device': settings,
      'POST device': ({ body }) => {
        changeDevice(device, gate, body());
        return settings();
      },
    },
  };
}
