import middy from '@middy/core';
import { composePublishing } from '../../lib/app/compose-way-back.ts';
import { admitGroups } from '../../lib/app/delegation/admit-groups.ts';
import { publishDesired } from '../../lib/app/way-back/publish-desired.ts';
import { figures } from '../figures.ts';

const app = composePublishing();

/** Every minute, by schedule. */
export const handler = middy()
  .use(figures(app, 'publish-desired'))
  .handler(async () => {
    try {
      // First: what clusters shall have does not wait for a firewall whose turn takes long, and what is admitted now is carried out until the next round.
      await publishDesired(app.publishing, app.configurations);
    } finally {
      await admitGroups(app);
    }
  });
