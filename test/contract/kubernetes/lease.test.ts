import { describe } from 'vitest';
import { startSimulatedApi } from './api-under-test.ts';
import { leaseSuite } from './lease-suite.ts';

describe('the Lease of the agent on a simulated Kubernetes API', () => {
  leaseSuite(startSimulatedApi);
});
