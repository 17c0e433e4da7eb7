import { describe } from 'vitest';
import { startSimulatedApi } from './api-under-test.ts';
import { watchSuite } from './watch-suite.ts';

describe('watches on a simulated Kubernetes API', () => {
  watchSuite(startSimulatedApi, { endsSlowReaders: true });
});
