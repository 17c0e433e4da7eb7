import { z } from 'zod';
import { administrationPrefix, type SimulatorFrame } from '../../../simulators/frame.ts';
import { type ApiAnswer, type ApiRequest, header, jsonAnswer } from '../../../simulators/http.ts';
import type { Gate } from './access.ts';
import type { Fault } from './faults.ts';
import type { Manager } from './manager.ts';
import { behaviourSchema, defaultSettings, workspaceModes } from './settings.ts';

export interface Administration {
  manager: Manager;
  gate: Gate;
  frame: Pick<SimulatorFrame<Fault>, 'requests' | 'addFaults' | 'removeFaults' | 'listFaults'>;
}

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
      fileBytes: z.number().min(0),
      tagAddresses: z.number().min(0),
    })
    .partial()
    .optional(),
  behaviour: behaviourSchema.partial().optional(),
  /** Ends all sessions. */
  restart: z.literal(true).optional(),
});

/** Answers below `/_simulator/`. Needs the API key in the header. */
export function answerAdministration(request: ApiRequest, target: Administration): ApiAnswer {
  const { gate, frame } = target;
  if (header(request, 'authorization') !== `Bearer ${gate.apiKey}`)
    return jsonAnswer(401, { problem: 'API key missing' });
  const name = request.path.slice(administrationPrefix.length).replace(/\/+$/, '');
  try {
    switch (`${request.method} ${name}`) {
      case 'GET requests':
        return jsonAnswer(200, frame.requests.list());
      case 'GET commits':
        return jsonAnswer(200, target.manager.commits.after(0));
      case 'GET faults':
        return jsonAnswer(200, frame.listFaults());
      case 'POST faults':
        return jsonAnswer(200, frame.addFaults(JSON.parse(request.body)));
      case 'DELETE faults':
        return jsonAnswer(200, { removed: frame.removeFaults(request.query.get('id') ?? undefined) });
      case 'GET device':
        return jsonAnswer(200, target.manager.settings);
      case 'POST device':
        changeDevice(target, JSON.parse(request.body));
        return jsonAnswer(200, target.manager.settings);
      default:
        return jsonAnswer(404, { problem: 'not found' });
    }
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError)
      return jsonAnswer(400, { problem: error.message });
    throw error;
  }
}

function changeDevice({ manager, gate }: Administration, input: unknown): void {
  const parsed = change.safeParse(input);
  if (!parsed.success) throw new RangeError(z.prettifyError(parsed.error));
  const { limits, behaviour, restart, ...plain } = parsed.data;
  if (plain.version !== undefined) defaultSettings(plain.version);
  Object.assign(manager.settings, plain);
  Object.assign(manager.settings.limits, limits);
  Object.assign(manager.settings.behaviour, behaviour);
  if (restart) for (const { id } of gate.dropSessions()) manager.endSession(id);
}
