import { expect, test } from 'vitest';
import { projectIngress, projectService } from './services.ts';

const metadata = { uid: 'u', name: 'web', namespace: 'shop', labels: { app: 'web' } };

function projected(object: object): { seen: unknown; warnings: string[] } {
  const warnings: string[] = [];
  const seen = projectService({ metadata, ...object }, (_, detail) => warnings.push(detail));
  return { seen, warnings };
}

test('a service is kept with everything that it is reached by, and nothing else', () => {
  const { seen, warnings } = projected({
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1', 'FD00::1'],
      externalIPs: ['10.3.0.1', '10.3.0.1'],
      ports: [{ port: 1 }],
    },
    status: { loadBalancer: { ingress: [{ ip: '10.2.0.1' }, { hostname: 'LB.Example.com' }] } },
  });
  expect(seen).toEqual({
    kind: 'service',
    uid: 'u',
    name: 'web',
    namespace: 'shop',
    labels: { app: 'web' },
    balanced: true,
    addresses: ['10.2.0.1'],
    hostNames: ['LB.Example.com'],
    externalAddresses: ['10.3.0.1'],
    clusterAddresses: ['10.96.0.1', 'fd00::1'],
  });
  expect(warnings).toEqual([]);
});

test.each([
  ['a headless one', { spec: { clusterIP: 'None', clusterIPs: ['None'] } }],
  ['one without status', { spec: {} }],
  ['one of another cluster (ExternalName)', { spec: { type: 'ExternalName', externalName: 'example.com' } }],
])('%s has no address', (_, object) => {
  expect(projected(object).seen).toMatchObject({
    balanced: false,
    addresses: [],
    hostNames: [],
    externalAddresses: [],
    clusterAddresses: [],
  });
});

test('what is no address or name is dropped with a warning, the rest stays', () => {
  const ingress = [{ ip: '10.2.0.1' }, { ip: '010.2.0.1' }, { hostname: 'a b' }, { hostname: '' }, {}];
  const { seen, warnings } = projected({ status: { loadBalancer: { ingress } } });
  expect(seen).toMatchObject({ addresses: ['10.2.0.1'], hostNames: [] });
  expect(warnings).toHaveLength(2);
});

test('what is no service or ingress is refused as a whole', () => {
  const warnings: string[] = [];
  expect(projectService({ metadata: { name: 'x' } }, (_, detail) => warnings.push(detail))).toBeUndefined();
  expect(projectIngress('ingress', (_, detail) => warnings.push(detail))).toBeUndefined();
  expect(warnings).toHaveLength(2);
});
