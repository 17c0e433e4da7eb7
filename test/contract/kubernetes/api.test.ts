import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { startSimulatedApi } from './api-under-test.ts';
import { converse } from './conversation.ts';
import type { Entry } from './transcript.ts';

/** What the real API answered; test/end-to-end/kubernetes-api.test.ts checks that it still does. */
const recorded = JSON.parse(await readFile(join(import.meta.dirname, 'recorded.json'), 'utf8')) as Entry[];

test('the simulated API answers as the real one did, field by field', async () => {
  const api = await startSimulatedApi();
  try {
    const config = new KubeConfig();
    config.loadFromFile(api.kubeconfig);
    const entries = await converse(config);
    expect(entries.map(({ asked }) => asked)).toEqual(recorded.map(({ asked }) => asked));
    for (const [index, entry] of entries.entries()) {
      expect.soft(entry, `${entry.step}: ${entry.asked}`).toEqual(recorded[index]);
    }
    expect(entries.length).toBeGreaterThan(120);
  } finally {
    await api.stop();
  }
});
