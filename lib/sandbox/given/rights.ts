import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import type { Reached } from './reach.ts';

interface Right {
  verbs: readonly string[];
  group?: string;
  resource: string;
  subresource?: string;
  /** `cluster`: in all namespaces or in none; `own`: in the namespace of the demo. */
  where: 'cluster' | 'own';
}

/** Everything that the demo and its agent do in a given cluster; docs/demo.md has the same as a ClusterRole. */
export const neededRights: readonly Right[] = [
  { verbs: ['get', 'list', 'watch', 'create', 'delete'], resource: 'namespaces', where: 'cluster' },
  { verbs: ['list', 'watch'], resource: 'nodes', where: 'cluster' },
  { verbs: ['list', 'watch'], resource: 'pods', where: 'cluster' },
  { verbs: ['patch', 'delete'], resource: 'pods', where: 'own' },
  { verbs: ['create'], group: 'apps', resource: 'deployments', where: 'own' },
  { verbs: ['patch'], group: 'apps', resource: 'deployments', subresource: 'scale', where: 'own' },
];

const review = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Asks the API whether we may do all of it; throws `demo/rights-missing` with everything we may not. */
export async function checkRights({ ask, entrance }: Reached, namespace: string): Promise<void> {
  const asked = neededRights.flatMap(({ verbs, ...right }) => verbs.map((verb) => ({ verb, ...right })));
  const missing: string[] = [];
  for (const right of asked) if (!(await allowed(ask, right, namespace))) missing.push(title(right));
  if (missing.length === 0) return;
  throw new ZonebridgeError('demo/rights-missing', `${entrance.url} does not allow: ${missing.join('; ')}`, {
    fields: { missing: missing.join('; ') },
  });
}

type Asked = Omit<Right, 'verbs'> & { verb: string };

async function allowed(ask: Reached['ask'], right: Asked, namespace: string): Promise<boolean> {
  const { verb, group = '', resource, subresource = '', where } = right;
  const place = where === 'own' ? { namespace } : {};
  const answer = await ask({
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    method: 'POST',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, group, resource, subresource, ...place } },
    },
  });
  return review.parse(answer).status.allowed;
}

function title({ verb, group, resource, subresource, where }: Asked): string {
  const what = [resource, ...(subresource === undefined ? [] : [subresource])].join('/');
  const place = where === 'own' ? 'the namespace of the demo' : 'the whole cluster';
  return `${verb} ${what}${group === undefined ? '' : `.${group}`} in ${place}`;
}
