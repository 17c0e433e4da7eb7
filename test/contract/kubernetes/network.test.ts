import { describe } from 'vitest';
import { startSimulatedApi } from './api-under-test.ts';
import { networkSuite } from './network-suite.ts';

describe('the network of a cluster on a simulated Kubernetes API', () => {
  networkSuite(startSimulatedApi);
});
