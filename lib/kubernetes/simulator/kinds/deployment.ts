import { isObject } from '../model.ts';
import type { Resource } from '../resource.ts';
import { checkTemplate, fillTemplate } from './replica-set.ts';

export const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  singular: 'deployment',
  kind: 'Deployment',
  namespaced: true,
  shortNames: ['deploy'],
  subresources: ['status', 'scale'],
  counted: true,
  prepare(deployment) {
    deployment.status = {};
  },
  fill(deployment) {
    const spec = (deployment.spec ??= {});
    fillTemplate(spec);
    spec['replicas'] ??= 1;
    spec['revisionHistoryLimit'] ??= 10;
    spec['progressDeadlineSeconds'] ??= 600;
    const strategy = isObject(spec['strategy']) ? spec['strategy'] : {};
    const type = strategy['type'] ?? 'RollingUpdate';
    const rolling = isObject(strategy['rollingUpdate']) ? strategy['rollingUpdate'] : {};
    spec['strategy'] =
      type === 'RollingUpdate'
        ? { type, rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%', ...rolling } }
        : { type };
  },
  validate: checkTemplate,
};
