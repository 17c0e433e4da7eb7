import { expect, onTestFinished, test } from 'vitest';
import { nodeObject } from '../support/agent-world.ts';
import { WatchedCluster } from '../support/watched-cluster.ts';
import { group, World } from '../support/world.ts';

test('a node with more addresses than a record holds is told, and its pods with it', async () => {
  const cluster = new WatchedCluster(await World.start([group('web')]));
  onTestFinished(() => cluster.stop());
  const many = Array.from({ length: 70 }, (_, i) => `10.9.0.${i}`);
  cluster.objects.put('node', nodeObject('n1', 'node-1', many));
  cluster.objects.put('pod', cluster.pod('a', '10.1.0.1'));
  await cluster.start();
  await cluster.pass(1);
  expect(cluster.world.on('web')).toEqual(['10.1.0.1']);
  expect(cluster.world.telemetry.valuesOf('RecordsRefused')).toEqual([]);
  expect(await cluster.agent.status.registry.metrics()).toContain('problem="addresses-too-many"} 1');
});
