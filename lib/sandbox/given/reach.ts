import { ApiException } from '@kubernetes/client-node';
import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { type AgentEntrance, kubeconfigEntrance } from '../../../cluster-agent/entrance.ts';
import { type Ask, kubernetesRequests, readBody } from '../../../cluster-agent/kubernetes-request.ts';
import { ApiError } from '../../../cluster-agent/lib/api-error.ts';

/** A cluster that somebody has already, as a kubeconfig and perhaps a context name it. */
export interface Given {
  kubeconfig: string;
  context: string | undefined;
}

/** The way into a given cluster: the same that its agent takes, so that what is refused is refused before anything starts. */
export interface Reached extends Given {
  entrance: AgentEntrance;
  ask: (request: { path: string; method?: 'GET' | 'POST'; body?: unknown }) => Promise<unknown>;
}

/** Longer than a healthy API takes across an ocean. */
const silenceMs = 15_000;

/**
 * Reads the kubeconfig and asks the API for its version. Throws `demo/kubeconfig-not-usable` for a file, context or credentials that do not
 * do, and `cluster/unreachable`.
 */
export async function reach(given: Given): Promise<Reached> {
  const entrance = await kubeconfigEntrance(given.kubeconfig, given.context).catch((error: unknown) => {
    if (!isZonebridgeError(error)) throw error;
    throw new ZonebridgeError('demo/kubeconfig-not-usable', error.message, { cause: error });
  });
  const send = kubernetesRequests(entrance);
  const ask: Reached['ask'] = async (request) => askOnce(send, entrance.url, request);
  await ask({ path: '/version' });
  return { ...given, entrance, ask };
}

async function askOnce(send: Ask, url: string, request: Parameters<Reached['ask']>[0]): Promise<unknown> {
  const { path, method = 'GET', body } = request;
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  try {
    const answer = await send({ path, method, silence: silenceMs, ...text });
    return JSON.parse(await readBody(answer)) as unknown;
  } catch (error) {
    throw explained(error, url, `${method} ${path}`);
  }
}

/** What a failed request means to the person who gave the kubeconfig. */
function explained(error: unknown, url: string, asked: string): ZonebridgeError {
  const reason = error instanceof Error ? error.message : String(error);
  const details = { cause: error, fields: error instanceof ApiError ? { status: error.status } : {} };
  if (!(error instanceof ApiError)) {
    if (isFile(error)) return new ZonebridgeError('demo/kubeconfig-not-usable', reason, details);
    return new ZonebridgeError('cluster/unreachable', `${url} was not reached: ${reason}`, details);
  }
  if (error.status === 401)
    return new ZonebridgeError(
      'demo/kubeconfig-not-usable',
      `${url} does not take the credentials of the kubeconfig (401): the token is over, or it is for another cluster`,
      details,
    );
  return new ZonebridgeError('cluster/refused', `${asked}: ${reason}`, details);
}

/** A certificate, key or token that the kubeconfig names by a path. */
function isFile(error: unknown): boolean {
  return error instanceof Error && 'path' in error && 'code' in error && error.code === 'ENOENT';
}

const status = z.object({ message: z.string() });

/** What the client library throws in the middle of the demo, in our words; everything else as it is. */
export function explainedLater(error: unknown): unknown {
  if (!(error instanceof ApiException)) return error;
  const { body, code } = error as ApiException<unknown>;
  const said =
    status.safeParse(typeof body === 'string' ? parsed(body) : body).data?.message ?? error.message;
  const message = `the Kubernetes API answered ${code}: ${said.slice(0, 300)}`;
  return new ZonebridgeError(code === 401 ? 'demo/kubeconfig-not-usable' : 'cluster/refused', message, {
    cause: error,
    fields: { status: code },
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
