import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { checkFirewall } from '../../lib/app/commands/check.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import type { TableName } from '../../lib/core/ports.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import { Site } from '../contract/firewall/site.ts';
import type { Rig } from '../support/firewalls/rig.ts';
import { rigs } from '../support/firewalls/rigs.ts';
import { TwistingProxy } from '../support/firewalls/twisting-proxy.ts';
import { changed } from './twists.ts';

const tables: readonly TableName[] = ['endpoints', 'memberships', 'dirty', 'ledger', 'control', 'history'];
const loud = [
  'sentences that shout',
  'texts that shout',
  'refusals that shout',
  'breakdowns that shout',
] as const;

/** A device that repeats what it was sent: a simulated one behind somebody who changes its answers. */
let rig: Rig;
let proxy: TwistingProxy;

afterEach(async () => {
  await proxy.stop();
  await rig.stop();
});

/** The secret in the forms in which it could slip out. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    encodeURIComponent(secret),
    bytes.toString('hex'),
  ];
}

/** Whatever the device says, the hub works on and looks at it; returns all that was kept, told or logged. */
async function everythingAbout(site: Site): Promise<string> {
  const { world } = site;
  const seen: unknown[] = [];
  world.queues.beforeSend = (message) => void seen.push(message);
  await site.pod('a', '10.1.0.1');
  for (const [index, name] of loud.entries()) {
    proxy.twist = changed[name];
    await site.pod(`b${index}`, `10.1.1.${index}`);
    const tries = [
      () => world.reconcile(),
      async () => seen.push(await checkFirewall(world, world.configuration, 'edge')),
      async () => seen.push(await readStatus(world)),
    ];
    for (const attempt of tries) {
      const error: unknown = await attempt().catch((thrown: unknown) => thrown);
      if (error instanceof Error) seen.push(error, error.stack);
    }
    await world.clock.sleep(600_000);
  }
  proxy.twist = undefined;
  for (const table of tables) seen.push(world.tables.store.all(table));
  seen.push(world.telemetry);
  return inspect(seen, { depth: 30, maxArrayLength: null, maxStringLength: null, showHidden: true });
}

describe.each(Object.values(firewallModules))('$kind', (module) => {
  test.each(Object.keys(module.facts.channels))(
    'no credential shows anywhere, whatever the device repeats over channel %s',
    async (channel) => {
      const start = rigs[module.kind];
      if (!start) throw new Error(`no rig for ${module.kind}`);
      rig = await start();
      proxy = await TwistingProxy.start(rig.settings);
      const site = await Site.start(
        { ...rig, settings: { ...rig.settings, ...proxy.settings } },
        channel,
        'canary',
      );
      const all = await everythingAbout(site);
      // It was sent credentials, and what it said was looked at; so the silence about them means something.
      expect(proxy.asked).toBeGreaterThan(10);
      expect(all).toContain('firewall failed');
      // Where firewalls fetch, the credential is theirs, and only they show it.
      if (!module.withoutCredential && !module.serving) expect(proxy.secrets.size).toBeGreaterThan(0);
      for (const secret of new Set([rig.credential, ...proxy.secrets]))
        for (const form of forms(secret))
          expect(all.includes(form), `${form.slice(0, 4)}... shows`).toBe(false);
    },
  );
});
