import middy from '@middy/core';
import { resolveNames } from '../../lib/app/balancers/resolve-names.ts';
import { composeFunction } from '../../lib/app/compose.ts';
import { composeCompute } from '../../lib/app/compose-compute.ts';
import { figures } from '../figures.ts';

const app = composeFunction();
const compute = composeCompute();

/** Every minute, by schedule. */
export const handler = middy()
  .use(figures(app, 'resolve-names'))
  .handler(async () => {
    await resolveNames(app, ({ region, readRole }) => compute({ region, readRole }));
  });
