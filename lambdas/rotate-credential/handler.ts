import middy from '@middy/core';
import { composeRotation } from '../../lib/app/compose-rotation.ts';
import { rotationStep } from '../../lib/app/rotation/rotation-step.ts';
import { figures } from '../figures.ts';

const app = composeRotation();

/** One of the four steps of a rotation, called by Secrets Manager. */
export const handler = middy()
  .use(figures(app, 'rotate-credential'))
  .handler((event: unknown) => rotationStep(app, event));
