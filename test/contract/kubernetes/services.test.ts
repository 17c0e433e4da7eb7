import { describe } from 'vitest';
import { startSimulatedApi } from './api-under-test.ts';
import { serviceSuite } from './service-suite.ts';

describe('services on a simulated Kubernetes API', () => {
  serviceSuite(startSimulatedApi);
});
