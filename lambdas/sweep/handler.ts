import middy from '@middy/core';
import { composeFunction } from '../../lib/app/compose.ts';
import { composeBus } from '../../lib/app/compose-bus.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { figures } from '../figures.ts';

const app = composeFunction();
const bus = composeBus(app.ports.hub);

/** Every minute, by schedule. */
export const handler = middy()
  .use(figures(app, 'sweep'))
  .handler(async () => {
    await sweep(app.ports, app.configurations, bus);
  });
