import middy from '@middy/core';
import { composeFunction } from '../../lib/app/compose.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';

const { ports, configurations } = composeFunction();

/** Every minute, by schedule. */
export const handler = middy().handler(async () => {
  await sweep(ports, configurations);
});
