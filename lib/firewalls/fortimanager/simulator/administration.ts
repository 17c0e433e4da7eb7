import { z } from 'zod';
import type { Administration } from '../../../simulators/administration.ts';
import { header } from '../../../simulators/http.ts';
import type { Gate } from './access.ts';
import type { Manager } from './manager.ts';
import { behaviourSchema, defaultSettings, workspaceModes } from './settings.ts';

/** Body of POST `/_simulator/device`: whatever is named changes, the rest stays. */
const change = z.strictObject({
  version: z.string().optional(),
  serial: z.string().min(1).optional(),
  hostname: z.string().min(1).optional(),
  haMode: z.string().optional(),
  workspace: z.enum(workspaceModes).optional(),
  rpcPermit: z.enum(['none', 'read', 'read-write']).optional(),
  mayWriteObjects: z.boolean().optional(),
  idleMilliseconds: z.number().min(0).optional(),
  limits: z
    .strictObject({
      addresses: z.number().min(0),
      groupMembers: z.number().min(0),
      fileBytes: z.number().min(0),
      tagAddresses: z.number().min(0),
    })
    .partial()
    .optional(),
  behaviour: behaviourSchema.partial().optional(),
  /** Ends all sessions. */
  restart: z.literal(true).optional(),
});

function changeDevice(manager: Manager, gate: Gate, input: unknown): void {
  const parsed = change.safeParse(input);
  if (!parsed.success) throw new RangeError(z.prettifyError(parsed.error));
  const { limits, behaviour, restart, ...plain } = parsed.data;
  if (plain.version !== undefined) defaultSettings(plain.version);
  Object.assign(manager.settings, plain);
  Object.assign(manager.settings.limits, limits);
  Object.assign(manager.settings.behaviour, behaviour);
  if (restart) for (const { id } of gate.dropSessions()) manager.endSession(id);
}

/** The device and its switches, for who has the API key. */
export function administration(manager: Manager, gate: Gate): Administration {
  return {
    admits: (request) => header(request, 'authorization') === `Bearer ${gate.apiKey}`,
    credential: 'API key missing',
    failure: (text, status) => ({ problem: status === 404 ? 'not found' : text }),
    commits: () => manager.commits,
    routes: {
      'GET commits': () => manager.commits.after(0),
      'GET device': () => manager.settings,
      'POST device': ({ body }) => {
        changeDevice(manager, gate, body());
        return manager.settings;
      },
    },
  };
}
