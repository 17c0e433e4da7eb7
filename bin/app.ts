import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { modules } from '../lib/app/compose-modules.ts';
import { loadConfiguration } from '../lib/app/configuration/load.ts';
import { buildStacks } from '../lib/cdk/build-stacks.ts';
import { refusalLines } from '../lib/cdk/refusal-lines.ts';

// The CDK app: reads the configuration and builds its stacks. The path comes from `-c configuration=...` or from the
// environment; `-c account=...` builds what another account than that of the hub needs; `-c sandbox=true` leaves out what the local
// emulator refuses.
const app = new App();
const given: unknown = app.node.tryGetContext('configuration') ?? process.env['ZONEBRIDGE_CONFIG'];
const path = typeof given === 'string' ? given : 'zonebridge.yaml';

try {
  const { configuration } = await loadConfiguration(path, { modules });
  buildStacks(app, {
    configuration,
    modules,
    handlerEntry: (useCase) => fileURLToPath(new URL(`../lambdas/${useCase}/handler.ts`, import.meta.url)),
  });
  app.synth();
} catch (error) {
  const lines = refusalLines(error);
  if (lines === undefined) throw error;
  console.error(lines.join('\n'));
  process.exitCode = 2;
}
