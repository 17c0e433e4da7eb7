import { isObject, textOf } from '../model.ts';
import type { Resource } from '../resource.ts';

/** Kept and shown; nobody gives it an address or endpoints. */
export const services: Resource = {
  group: '',
  version: 'v1',
  plural: 'services',
  singular: 'service',
  kind: 'Service',
  namespaced: true,
  shortNames: ['svc'],
  subresources: ['status'],
  deletionShowsObject: true,
  prepare(service) {
    service.status = { loadBalancer: {} };
  },
  fill(service) {
    const spec = service.spec ?? {};
    const ports = spec['ports'];
    for (const port of Array.isArray(ports) ? ports : []) {
      if (!isObject(port)) continue;
      port['protocol'] ??= 'TCP';
      port['targetPort'] ??= port['port'] ?? 0;
    }
    service.spec = {
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilyPolicy: 'SingleStack',
      ipFamilies: ['IPv4'],
      ...spec,
    };
  },
  fields: ({ spec }) => ({ 'spec.type': textOf(spec?.['type']) }),
};
