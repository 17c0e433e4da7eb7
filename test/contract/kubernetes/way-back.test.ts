import { describe } from 'vitest';
import { startSimulatedApi } from './api-under-test.ts';
import { wayBackSuite } from './way-back-suite.ts';

describe('desired state on a simulated Kubernetes API', () => {
  wayBackSuite(startSimulatedApi);
});
