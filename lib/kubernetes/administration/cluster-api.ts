import { request, type RequestOptions } from 'node:https';
import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { type KubernetesObject, objectTitle } from '../../core/onboarding/kubernetes-object.ts';
import type { Applied, ClusterApi } from '../../core/onboarding/ports.ts';
import type { ClusterObjects } from '../../core/way-back/ports.ts';
import type { WritableKind } from '../../core/way-back/producers.ts';
import { objectPath } from './paths.ts';

/** Where the API answers and how we say who we are. */
export interface Entrance {
  /** `https://host[:port]` */
  url: string;
  /** Called before every request, so that a token is never older than it may be. */
  credentials(): Promise<Credentials>;
}

/** Who is trusted, and who we are: by a bearer token or by a certificate. */
export interface Credentials {
  /** PEM; without it the authorities that Node trusts. */
  ca?: string | undefined;
  token?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

/** Field manager of what a person installs; the agent has another one for what it applies. */
const installer = 'zonebridge';
/** As many objects of 30 KB make no answer that is too long. */
const pageSize = 100;
/** Longest that one request may take, from looking its host up to the last byte: a timer of the socket begins when it is connected, and a host that drops everything never is. */
const longestMs = 30_000;
/** No object that we install comes near; a longer answer is none of the API. */
const longestAnswer = 4_000_000;

const stored = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), uid: z.string(), resourceVersion: z.string().optional() }),
});
/** What an API answers below a group that it does not serve, such as one whose definition is not installed. */
const unserved = '404 page not found';
const refusal = z.object({ message: z.string() });

const listing = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  // Elements of a list do not tell their kind.
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string(), uid: z.string() }) })),
});

/** The Kubernetes API over HTTPS, as far as installing an agent, and what the agent applies, needs it. */
export class HttpsClusterApi implements ClusterApi, ClusterObjects {
  readonly #entrance: Entrance;
  readonly #fieldManager: string;
  readonly #answerMs: number;

  constructor(entrance: Entrance, options: { fieldManager?: string; answerMs?: number } = {}) {
    this.#entrance = entrance;
    this.#fieldManager = options.fieldManager ?? installer;
    this.#answerMs = options.answerMs ?? longestMs;
  }

  async apply(
    object: KubernetesObject,
    { dryRun = false, force = false, status = false } = {},
  ): Promise<Applied> {
    const before = await this.#get(object);
    const query = new URLSearchParams({
      fieldManager: this.#fieldManager,
      force: String(force),
      ...(dryRun ? { dryRun: 'All' } : {}),
    });
    const answer = await this.#send(object, {
      method: 'PATCH',
      query: `${status ? '/status' : ''}?${query.toString()}`,
      type: 'application/apply-patch+yaml',
      body: JSON.stringify(object),
    });
    const after = known(answer, object);
    if (before === undefined) return 'created';
    if (!dryRun)
      return before.metadata.resourceVersion === after.metadata.resourceVersion ? 'unchanged' : 'changed';
    return sameContent(before, after) ? 'unchanged' : 'changed';
  }

  async create(object: KubernetesObject): Promise<KubernetesObject> {
    const { apiVersion, kind, metadata } = object;
    const place = { apiVersion, kind, metadata: { ...metadata, name: '' } };
    const answer = await this.#send(place, {
      method: 'POST',
      query: `?${new URLSearchParams({ fieldManager: this.#fieldManager }).toString()}`,
      type: 'application/json',
      body: JSON.stringify(object),
    });
    return known(answer, object);
  }

  async read(object: KubernetesObject): Promise<KubernetesObject | undefined> {
    return this.#get(object);
  }

  async remove(object: KubernetesObject, uid: string): Promise<boolean> {
    return this.#remove(object, { uid });
  }

  async removeSeen(seen: KubernetesObject): Promise<boolean> {
    const { uid, resourceVersion } = seen.metadata;
    return this.#remove(seen, { uid, resourceVersion });
  }

  async list(
    { apiVersion, kind, namespace }: Pick<WritableKind, 'apiVersion' | 'kind' | 'namespace'>,
    label?: { name: string; value: string },
  ): Promise<KubernetesObject[]> {
    const found: KubernetesObject[] = [];
    const metadata = { name: '', ...(namespace === undefined ? {} : { namespace }) };
    const place = { apiVersion, kind, metadata };
    for (let next: string | undefined = ''; next !== undefined; ) {
      const query = new URLSearchParams({
        ...(label === undefined ? {} : { labelSelector: `${label.name}=${label.value}` }),
        limit: String(pageSize),
        ...(next === '' ? {} : { continue: next }),
      });
      const answer = await this.#send(place, { method: 'GET', query: `?${query.toString()}` });
      const page = listing.safeParse(answer);
      if (!page.success)
        throw new ZonebridgeError('cluster/unreachable', `the Kubernetes API answers no list of ${kind}`);
      found.push(...page.data.items.map((item) => ({ ...item, apiVersion, kind })));
      next = page.data.metadata.continue || undefined;
    }
    return found;
  }

  async #remove(object: KubernetesObject, preconditions: object): Promise<boolean> {
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      preconditions,
      propagationPolicy: 'Background',
    };
    try {
      await this.#send(object, { method: 'DELETE', type: 'application/json', body: JSON.stringify(body) });
      return true;
    } catch (error) {
      if (hasStatus(error, 404)) return false;
      throw error;
    }
  }

  async #get(object: KubernetesObject): Promise<z.output<typeof stored> | undefined> {
    try {
      return known(await this.#send(object, { method: 'GET' }), object);
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async #send(
    object: KubernetesObject,
    { method, query = '', type, body }: { method: string; query?: string; type?: string; body?: string },
  ): Promise<unknown> {
    if (!this.#entrance.url.startsWith('https://'))
      throw new ZonebridgeError('cluster/unreachable', 'EKS tells no address of the Kubernetes API yet');
    const url = new URL(`${this.#entrance.url.replace(/\/$/, '')}${objectPath(object)}${query}`);
    // Node sends the body of a DELETE only when its length is given; without it the preconditions would be lost.
    const headers =
      type === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body ?? '') };
    const { token, ...tls } = await this.#entrance.credentials();
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { status, text } = await call(
      url,
      { ...tls, method, headers: { ...authorization, ...headers } },
      { body, answerMs: this.#answerMs },
    );
    if (status >= 200 && status < 300) return parse(text, url);
    const said = status === 404 && text.startsWith(unserved) ? {} : parse(text, url);
    const message = refusal.safeParse(said).data?.message ?? text.trim().slice(0, 200);
    throw new ZonebridgeError(
      'cluster/refused',
      `the Kubernetes API answers ${status} to ${objectTitle(object)}: ${message}`,
      {
        fields: { status },
      },
    );
  }
}

/** Whether an error is a refusal of the Kubernetes API with one of these HTTP statuses. */
function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return isZonebridgeError(error, 'cluster/refused') && statuses.includes(Number(error.fields['status']));
}

function known(answer: unknown, object: KubernetesObject): z.output<typeof stored> {
  const parsed = stored.safeParse(answer);
  if (parsed.success) return parsed.data;
  const message = `the Kubernetes API answers something else than ${objectTitle(object)}`;
  throw new ZonebridgeError('cluster/unreachable', message, { cause: parsed.error });
}

/** A dry run gives a new resource version although nothing would change. */
function sameContent(before: object, after: object): boolean {
  const content = ({ metadata, ...rest }: { metadata?: unknown }) => {
    const {
      managedFields: _,
      resourceVersion: __,
      generation: ___,
      ...kept
    } = metadata as Record<string, unknown>;
    return JSON.stringify({ ...rest, metadata: kept });
  };
  return content(before) === content(after);
}

interface Sending {
  body: string | undefined;
  answerMs: number;
}

async function call(
  url: URL,
  options: RequestOptions,
  sending: Sending,
): Promise<{ status: number; text: string }> {
  try {
    return await exchange(url, options, sending);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'no reason given';
    throw new ZonebridgeError(
      'cluster/unreachable',
      `the Kubernetes API at ${url.host} was not reached: ${reason}`,
      {
        cause: error,
      },
    );
  }
}

async function exchange(
  url: URL,
  options: RequestOptions,
  { body, answerMs }: Sending,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, rejectUnauthorized: true, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > longestAnswer) response.destroy(new Error('the answer is too long'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    const late = setTimeout(() => {
      const error = new Error(`no answer within ${answerMs / 1_000} s`);
      reject(error);
      sent.destroy(error);
    }, answerMs);
    sent.on('close', () => clearTimeout(late));
    sent.on('error', reject);
    sent.end(body);
  });
}

function parse(text: string, url: URL): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `something else than the Kubernetes API answers at ${url.host}`;
    throw new ZonebridgeError('cluster/unreachable', message, { cause: error });
  }
}
