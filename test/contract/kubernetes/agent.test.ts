import { describe } from 'vitest';
import { agentSuite } from './agent-suite.ts';
import { startSimulatedApi } from './api-under-test.ts';

describe('agent on a simulated Kubernetes API', () => {
  agentSuite(startSimulatedApi);
});
