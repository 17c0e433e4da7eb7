import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isZonebridgeError } from '../../lib/core/errors.ts';
import type { ObjectRef } from '../../lib/core/firewall.ts';
import { parseXml } from '../../lib/firewalls/panorama/xml.ts';
import { close, connect, makeObject, open, type Scene, subjects } from '../support/firewalls/scene.ts';
import { hostileTexts } from './corpus.ts';

const texts = hostileTexts.filter((text) => text.isWellFormed());
const foreign = 'office';

interface Sent {
  method: string;
  url: string;
  body: string;
}

/** A body is a whole text of its format: nothing that a name holds begins or ends a part of it. */
function isWhole({ body }: Sent): boolean {
  if (body === '') return true;
  try {
    if (/^[[{"]/.test(body)) return JSON.parse(body) !== undefined;
    const form = new URLSearchParams(body);
    const xml = form.get('cmd') ?? form.get('element');
    if (xml?.startsWith('<')) parseXml(xml);
    return true;
  } catch {
    return false;
  }
}

/** One path and one query of the signs that a URL may have; nobody climbs out of a folder. */
function isPlain({ url }: Sent): boolean {
  const [path = ''] = url.split('?');
  return /^\/[A-Za-z0-9%._~!*'()/?&=+,:;@$[\]-]*$/.test(url) && !/\/\.{1,2}(\/|$)/.test(path);
}

async function noCrash(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => expect(isZonebridgeError(error), String(error)).toBe(true));
}

/** As the name of an object, as the name that a person gave one, as a member to add, to take off, to look for. */
async function sendAll(scene: Scene, ours: ObjectRef, text: string): Promise<void> {
  const connection = await connect(scene);
  const named = { ...ours, group: 'hostile', name: text };
  const createWith = { comment: scene.request.commentFor(text) };
  const member = { object: ours, add: [text], remove: [text], expectedCount: 2 };
  await noCrash(connection.observeObject(named));
  await noCrash(connection.observeMembers(named));
  await noCrash(connection.observeSome(ours, [text]));
  await noCrash(connection.references(named));
  await noCrash(
    connection.apply([{ object: named, createWith, add: ['10.9.0.1'], remove: [], expectedCount: 1 }]),
  );
  await noCrash(connection.apply([{ ...member, remove: [] }]));
  await noCrash(connection.apply([{ ...member, add: [] }]));
  await noCrash(connection.deleteObject({ ...named, group: text }));
  await connection.close();
}

describe.each(subjects)('$kind', ({ kind, channels }) => {
  let scene: Scene;
  const sent: Sent[] = [];
  beforeAll(async () => {
    scene = await open(kind);
  }, 60_000);
  afterAll(async () => await close(scene));

  test.each(channels)(
    'over %s names are data, and what lies beside them stays as it is',
    async (channel) => {
      const ours = await makeObject(scene, channel);
      scene.rig.createForeign(channel, foreign);
      const before = [ours.name, foreign].map((name) => scene.rig.enforced(channel, name));
      scene.proxy.hears = (request) => sent.push(request);
      for (const text of texts) await sendAll(scene, ours, text);
      scene.proxy.hears = undefined;
      expect([ours.name, foreign].map((name) => scene.rig.enforced(channel, name))).toEqual(before);
      expect(sent.filter((request) => !isPlain(request)).slice(0, 5)).toEqual([]);
      expect(sent.filter((request) => !isWhole(request)).slice(0, 5)).toEqual([]);
      expect(sent.length).toBeGreaterThan(texts.length / 4);
      sent.length = 0;
    },
    120_000,
  );
});
