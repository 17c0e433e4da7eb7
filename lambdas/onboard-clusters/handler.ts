import middy from '@middy/core';
import { composeFunction } from '../../lib/app/compose.ts';
import { composeBus } from '../../lib/app/compose-bus.ts';
import { composeInstaller, withOwnRole } from '../../lib/app/compose-installer.ts';
import { composeSigner } from '../../lib/app/compose-signer.ts';
import { onboardClusters } from '../../lib/app/onboarding/onboard-clusters.ts';
import { figures } from '../figures.ts';

const app = composeFunction();
const bus = composeBus(app.ports.hub);

/** Every five minutes, by schedule. */
export const handler = middy()
  .use(figures(app, 'onboard-clusters'))
  .handler(async () => {
    const { configuration } = await app.configurations.active();
    const { hub } = configuration;
    const installer = withOwnRole(composeInstaller({ region: hub.region }), hub.rolePath);
    const signer = composeSigner(hub);
    await onboardClusters({ ports: app.ports, configuration, installer, bus, signer });
  });
