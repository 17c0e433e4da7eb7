import { gateType } from '../lib/core/gates/gate.ts';
import type { Entrance } from '../lib/kubernetes/administration/cluster-api.ts';
import { kubernetesRequests, readBody } from './kubernetes-request.ts';
import { ApiError } from './lib/api-error.ts';
import type { Gates } from './lib/ports.ts';

const silenceMilliseconds = 10_000;
/** Field manager of this one condition: nothing else of the pod becomes ours. */
const query = '?fieldManager=zonebridge-gates&force=true';

/** Writes the condition of a gate into the status of its pod, by server-side apply; the uid keeps another pod of the same name out. */
export function kubernetesGates(entrance: Entrance): Gates {
  const ask = kubernetesRequests(entrance);
  return {
    async write({ namespace, name, uid }, { at, ...condition }) {
      const lastTransitionTime = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace, name, uid },
        status: { conditions: [{ type: gateType, ...condition, lastTransitionTime }] },
      };
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/status${query}`;
      try {
        const answer = await ask({
          path,
          method: 'PATCH',
          type: 'application/apply-patch+yaml',
          body: JSON.stringify(pod),
          silence: silenceMilliseconds,
          again: true,
        });
        await readBody(answer);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    },
  };
}

/** No pod of this name, or another one: then the API refuses the uid (409 or 422, seen at 1.34). */
function isGone(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return (
    error.status === 404 ||
    error.status === 409 ||
    (error.status === 422 && /metadata\.uid/.test(error.message))
  );
}
