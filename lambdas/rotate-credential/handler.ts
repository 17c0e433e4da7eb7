import middy from '@middy/core';
import { composeFunction } from '../../lib/app/compose.ts';
import { composeRotation } from '../../lib/app/compose-operator.ts';
import { rotationStep } from '../../lib/app/rotation/rotation-step.ts';
import { figures } from '../figures.ts';

const app = composeFunction();
const rotation = composeRotation(app);

/** One of the four steps of a rotation, called by Secrets Manager. */
export const handler = middy()
  .use(figures(app, 'rotate-credential'))
  .handler((event: unknown) => rotationStep(rotation, event));
