import { z } from 'zod';
import type { AgentEntrance } from './entrance.ts';
import { kubernetesRequests, readBody } from './kubernetes-request.ts';
import type { Lease, LeaseRecord, StoredLease } from './lib/lease.ts';
import { ApiError } from './lib/api-error.ts';

/** A leader that hears nothing for so long tries again: longer than one renewal, shorter than its term. */
const answerMilliseconds = 5_000;

const time = z
  .string()
  .transform((text) => Date.parse(text) || 0)
  .catch(0);
// One more than it has to fit into 32 bits, too.
const count = z.int().min(0).max(2_147_483_646).catch(0);

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
 * A Lease in the namespace of the pod, or of the kubeconfig's context. It is made by an update, not by a creation:
 * the API allows that for this kind, and then a Role can name the one Lease for all of it.
 */
export function kubernetesLease(entrance: AgentEntrance, name: string): Lease {
  const ask = kubernetesRequests(entrance);
  const { namespace } = entrance;
  const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases/${encodeURIComponent(name)}`;
  const send = async (put?: { body: string }): Promise<StoredLease> => {
    const stop = AbortSignal.timeout(answerMilliseconds);
    const how = put ? { method: 'PUT' as const, ...put } : {};
    return readLease(
      await readBody(await ask({ path, silence: answerMilliseconds, stop, again: true, ...how })),
    );
  };
  return {
    async read() {
      return send().catch((error: unknown) => {
        if (hasStatus(error, 404)) return undefined;
        throw error;
      });
    },
    async write(record, over) {
      const body = JSON.stringify(objectOf(record, over, { name, namespace }));
      return send({ body }).catch((error: unknown) => {
        // What was to be made is there by now: an update of it without its version is invalid.
        if (hasStatus(error, 409) || (over === undefined && hasStatus(error, 422))) return 'conflict';
        throw error;
      });
    },
  };
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

function readLease(text: string): StoredLease {
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
