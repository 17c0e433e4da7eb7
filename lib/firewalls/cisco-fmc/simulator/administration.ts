import { z } from 'zod';
import type { Administration } from '../../../simulators/administration.ts';
import type { World } from './api.ts';
import { formatRelease, parseRelease } from './version.ts';

const count = z.number().min(0);

/** Body of POST `/_simulator/device`: whatever is named changes, the rest stays. */
const deviceChange = z.strictObject({
  version: z.string().optional(),
  serial: z.string().min(1).optional(),
  hostname: z.string().min(1).optional(),
  role: z.enum(['standalone', 'active', 'standby']).optional(),
  access: z.enum(['none', 'read', 'objects', 'edit', 'read-write']).optional(),
  writeMilliseconds: count.optional(),
  deploymentMilliseconds: count.optional(),
  limits: z
    .strictObject({
      requestsPerMinute: count,
      connections: count,
      mappings: count,
      literals: count,
      payload: count,
      bulk: count,
    })
    .partial()
    .optional(),
  behaviour: z
    .strictObject({
      secondLogin: z.enum(['keeps-first', 'ends-first']),
      refreshHeaders: z.enum(['pair', 'all']),
      expiredToken: z.union([z.literal(401), z.literal(408)]),
      missingRight: z.union([z.literal(403), z.literal(400)]),
      unknownParameter: z.enum(['refused', 'ignored']),
      emptyDescription: z.enum(['absent', 'blank']),
      nameCase: z.enum(['exact', 'ignored']),
      loginHeaders: z.enum(['all', 'own-domain', 'cut-off']),
      pagingNumbers: z.enum(['texts', 'numbers']),
      throttledBy: z.enum(['manager', 'edge']),
      retryAfter: z.enum(['none', 'seconds']),
      repeatedMapping: z.enum(['ignored', 'refused']),
      mappingEntries: z.enum(['addresses', 'objects']),
      mappingOrder: z.enum(['removals', 'additions']),
      mappingForm: z.enum(['typed', 'masked']),
      duplicateStatus: z.union([z.literal(400), z.literal(422)]),
      networkNames: z.enum(['shared', 'separate']),
      emptyGroup: z.enum(['allowed', 'refused']),
      wrongReference: z.enum(['dropped', 'refused']),
      standbyWrite: z.union([z.literal(403), z.literal(405), z.literal(422)]),
      identity: z.enum(['shown', 'hidden']),
    })
    .partial()
    .optional(),
  expire: z.enum(['access', 'all']).optional(),
});

/** Changes the manager as an operator or a failover would. Throws RangeError for a body that does not fit. */
function changeDevice({ manager, gate }: World, input: unknown): void {
  const parsed = deviceChange.safeParse(input);
  if (!parsed.success) throw new RangeError(z.prettifyError(parsed.error));
  const { version, limits, behaviour, expire, ...plain } = parsed.data;
  const { settings } = manager;
  Object.assign(settings, plain);
  if (version !== undefined) manager.become(parseRelease(version));
  Object.assign(settings.limits, limits);
  Object.assign(settings.behaviour, behaviour);
  if (expire !== undefined) gate.expire(expire === 'all');
}

/** The device and its switches, for who has user and password, or the API token. */
export function administration(world: World): Administration {
  const { gate, manager } = world;
  const device = () => ({ ...manager.settings, release: formatRelease(manager.settings.release) });
  return {
    admits: (request) => gate.isAdministrator(request),
    credential: 'Send user and password, or the API token, in the Authorization header.',
    commits: () => manager.commits,
    routes: {
      'GET device': device,
      'POST device': ({ body }) => {
        changeDevice(world, body());
        return device();
      },
    },
  };
}
