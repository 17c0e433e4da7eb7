import middy from '@middy/core';
import { composeFunction } from '../../lib/app/compose.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { figures } from '../figures.ts';

const app = composeFunction();

/** Every minute, by schedule. */
export const handler = middy()
  .use(figures(app, 'sweep'))
  .handler(async () => {
    await sweep(app.ports, app.configurations);
  });
