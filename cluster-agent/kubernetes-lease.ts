import type { OutgoingHttpHeaders } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Lease, LeaseRecord, StoredLease } from './lib/lease.ts';
import { ApiError } from './lib/api-error.ts';

/** A leader that hears nothing for so long tries again: longer than one renewal, shorter than its term. */
const answerMilliseconds = 5_000;
/** A Lease has a few hundred bytes, with whatever others wrote to its labels. */
const longestAnswer = 1_000_000;

const time = z
  .string()
  .transform((text) => Date.parse(text) || 0)
  .catch(0);
const count = z.number().int().min(0).catch(0);

const stored = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  // Whatever somebody else wrote there is read as far as it makes sense.
  spec: z
    .looseObject({
      holderIdentity: z.string().catch(''),
      leaseDurationSeconds: count,
      acquireTime: time,
      renewTime: time,
      leaseTransitions: count,
    })
    .catch({
      holderIdentity: '',
      leaseDurationSeconds: 0,
      acquireTime: 0,
      renewTime: 0,
      leaseTransitions: 0,
    }),
});

/**
 * A Lease in the namespace of the kubeconfig's context, which in a pod is that of the pod. It is made by an update, not by a creation:
 * the API allows that for this kind, and then a Role can name the one Lease for all of it.
 */
export function kubernetesLease(config: KubeConfig, name: string): Lease {
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace ?? 'default';
  const server = config.getCurrentCluster()?.server.replace(/\/$/, '') ?? '';
  const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases/${encodeURIComponent(name)}`;
  const url = new URL(server + path);
  const send = async (method: 'GET' | 'PUT', body?: string): Promise<Answer> => {
    const options: RequestOptions = { method };
    await config.applyToHTTPSOptions(options);
    return call(url, options, body);
  };
  return {
    async read() {
      const answer = await send('GET');
      if (answer.status === 404) return undefined;
      return readLease(answer);
    },
    async write(record, over) {
      const answer = await send('PUT', JSON.stringify(objectOf(record, over, { name, namespace })));
      // Without a version it was to be made, and an update that lacks one is refused as invalid.
      if (answer.status === 409 || (answer.status === 422 && !over)) return 'conflict';
      return readLease(answer);
    },
  };
}

interface Answer {
  status: number;
  text: string;
}

/** Throws {@link ApiError} for every status but 200 and 201. */
function readLease({ status, text }: Answer): StoredLease {
  if (status !== 200 && status !== 201) throw new ApiError(status, text);
  const object: unknown = JSON.parse(text);
  const { acquireTime, holderIdentity, leaseDurationSeconds, leaseTransitions, renewTime } =
    stored.parse(object).spec;
  return {
    object,
    record: {
      holder: holderIdentity,
      durationSeconds: leaseDurationSeconds,
      acquiredAt: acquireTime,
      renewedAt: renewTime,
      transitions: leaseTransitions,
    },
  };
}

/** Labels and annotations of others stay as they are. */
function objectOf(
  record: LeaseRecord,
  over: StoredLease | undefined,
  { name, namespace }: { name: string; namespace: string },
): unknown {
  const labels = { 'app.kubernetes.io/managed-by': 'zonebridge' };
  const before = over ? stored.parse(over.object) : { metadata: { name, namespace, labels } };
  return {
    ...before,
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    spec: {
      holderIdentity: record.holder,
      leaseDurationSeconds: record.durationSeconds,
      acquireTime: microTime(record.acquiredAt),
      renewTime: microTime(record.renewedAt),
      leaseTransitions: record.transitions,
    },
  };
}

/** The API takes exactly six digits behind the second. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}

async function call(url: URL, options: RequestOptions, body = ''): Promise<Answer> {
  const given = options.headers as OutgoingHttpHeaders | undefined;
  const headers = { ...given, 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(answerMilliseconds);
  return new Promise<Answer>((resolve, reject) => {
    const sent = request(url, { ...options, headers, signal }, (response) => {
      const chunks: string[] = [];
      let length = 0;
      response.setEncoding('utf8').on('error', reject);
      response.on('data', (chunk: string) => {
        length += chunk.length;
        if (length > longestAnswer)
          sent.destroy(new Error('the Kubernetes API answered too much for a Lease'));
        chunks.push(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: chunks.join('') }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
