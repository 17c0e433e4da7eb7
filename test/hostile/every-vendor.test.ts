import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isZonebridgeError } from '../../lib/core/errors.ts';
import type { FirewallConnection, ObjectRef, Outcome } from '../../lib/core/firewall.ts';
import type { Rig, Trouble } from '../support/firewalls/rig.ts';
import {
  close,
  connect,
  makeObject,
  newObject,
  open,
  type Scene,
  sessionToken,
  subjects,
} from '../support/firewalls/scene.ts';
import type { Twist } from '../support/firewalls/twisting-proxy.ts';
import { hostileTexts } from './corpus.ts';
import { changed, instead } from './twists.ts';

/** What a terminal obeys. */
// oxlint-disable-next-line no-control-regex
const obeyed = /[\u0000-\u001f\u007f-\u009f]/;

/** Lets a device refuse; returns what ends it, or undefined where it has no such thing. */
type Refusal = (rig: Rig, channel: string) => (() => void) | undefined;

function troubled(kind: Trouble): Refusal {
  return (rig) => {
    rig.trouble(kind);
    return () => rig.calm();
  };
}

const refusals: Readonly<Record<string, Refusal>> = {
  'a wrong credential': troubled('unauthorized'),
  'a missing right': troubled('forbidden'),
  'too many calls': troubled('throttled'),
  'no room': troubled('full'),
  'a lock of a person': (rig, channel) => {
    const lock = rig.lockByPerson?.(channel);
    return lock && (() => lock.release());
  },
  'an install that fails': (rig, channel) => {
    const refusal = rig.refuseInstall?.(channel);
    return refusal && (() => refusal.mend());
  },
};

/** Of one channel: an object of ours, and one that a rule uses. */
interface Objects {
  object: ObjectRef;
  used: ObjectRef;
}

/** Ends of calls: what came, or the error. */
async function ends(calls: readonly (() => Promise<unknown> | undefined)[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const call of calls) found.push(await (call() ?? Promise.resolve()).catch((error: unknown) => error));
  return found;
}

function readsAndWrites(
  connection: FirewallConnection,
  object: ObjectRef,
): (() => Promise<unknown> | undefined)[] {
  return [
    () => connection.observeMembers(object),
    () => connection.apply([{ object, add: ['10.1.0.3'], remove: ['10.1.0.1'], expectedCount: 2 }]),
  ];
}

function everyCall(
  scene: Scene,
  connection: FirewallConnection,
  { object, used }: Objects,
): (() => Promise<unknown> | undefined)[] {
  const fresh = newObject(scene, object.channel);
  const createWith = { comment: scene.request.commentFor(fresh.name) };
  return [
    () => connection.identity(),
    () => connection.observeObject(object),
    () => connection.listObjects?.(object),
    () => connection.observeFormer?.(object),
    () => connection.observeSome(object, ['10.1.0.1', '10.1.0.9']),
    () => connection.references(object),
    ...readsAndWrites(connection, object),
    () => connection.apply([{ object: fresh, createWith, add: ['10.1.0.4'], remove: [], expectedCount: 1 }]),
    () => connection.deleteObject(fresh),
    () => connection.references(used),
    () => connection.deleteObject(used),
    () =>
      scene.rig.module.diagnose?.({ ...scene.request, deadline: scene.request.deadline }, [object.channel]),
  ];
}

/** Errors as they were thrown, and as they lie in reports. */
function errorsIn(end: unknown): unknown[] {
  if (end instanceof Error) return [end];
  if (end instanceof Map) return [...end.values()].flatMap(errorsIn);
  if (Array.isArray(end)) return end.flatMap(errorsIn);
  return end !== null && typeof end === 'object' ? Object.values(end).flatMap(errorsIn) : [];
}

function outcomesIn(found: readonly unknown[]): Outcome[] {
  return found.flatMap((end) =>
    Array.isArray(end)
      ? end.flatMap(({ outcomes = new Map() }: { outcomes?: Map<string, Outcome> }) => [...outcomes.values()])
      : [],
  );
}

/** Each error is one of the family, short, on one line, and nothing that came back holds what we sent as a credential. */
function areSafe(found: readonly unknown[], { proxy, rig }: Scene): void {
  for (const error of errorsIn(found)) {
    if (!isZonebridgeError(error)) throw new Error(`no error of the family: ${inspect(error)}`);
    expect(error.message).not.toMatch(obeyed);
    expect(error.message.length).toBeLessThan(600);
  }
  const all = inspect(found, {
    depth: 20,
    showHidden: true,
    maxStringLength: Infinity,
    maxArrayLength: Infinity,
  });
  // Junk that came as a token is no secret: it comes as anything else, too.
  const isSecret = (text: string): boolean => text.length >= 8 && !hostileTexts.includes(text);
  const secrets = [...proxy.secrets, rig.credential, sessionToken].filter(isSecret);
  expect(secrets.filter((secret) => all.includes(secret))).toEqual([]);
}

describe.each(subjects)('$kind', ({ kind, channels }) => {
  const objects = new Map<string, Objects>();
  let scene: Scene;
  beforeAll(async () => {
    scene = await open(kind);
    for (const channel of channels) {
      const [object, used] = [await makeObject(scene, channel), await makeObject(scene, channel)];
      if (scene.rig.channels[channel]?.tellsUse !== false) scene.rig.useInRule(channel, used.name);
      objects.set(channel, { object, used });
    }
  });
  afterEach(() => {
    scene.proxy.twist = undefined;
    scene.rig.calm();
  });
  afterAll(async () => await close(scene));

  /** Signs in while nobody changes anything, and then makes every call of a channel. False where the device has nothing to refuse for. */
  async function callAll(channel: string, twist: Twist, refuse?: Refusal): Promise<boolean> {
    const connection = await connect(scene);
    await connection.identity();
    const mend = refuse?.(scene.rig, channel);
    if (refuse && !mend) return false;
    scene.proxy.twist = twist;
    const before = scene.proxy.asked;
    areSafe(await ends(everyCall(scene, connection, objects.get(channel) as Objects)), scene);
    expect(scene.proxy.asked).toBeGreaterThan(before);
    scene.proxy.twist = undefined;
    mend?.();
    await connection.close();
    return true;
  }

  test.each(Object.entries(instead))(
    '%s in place of an answer is a coded error, and nothing counts as done',
    async (_, twist) => {
      const [first] = objects.values();
      const connection = await connect(scene, 100);
      scene.proxy.twist = twist;
      const before = scene.proxy.asked;
      const memory = process.memoryUsage().rss;
      const found = await ends(readsAndWrites(connection, (first as Objects).object));
      expect(scene.proxy.asked).toBeGreaterThan(before);
      // A read is repeated twice, a write never; more than one call may be needed to begin with.
      expect(scene.proxy.asked - before).toBeLessThanOrEqual(10);
      expect(found[0]).toBeInstanceOf(Error);
      expect(outcomesIn(found)).toHaveLength(2);
      expect(outcomesIn(found).filter(({ state }) => state === 'done')).toEqual([]);
      expect(process.memoryUsage().rss - memory).toBeLessThan(700 * 1024 * 1024);
      areSafe(found, scene);
      await connection.close();
    },
  );

  describe.each(channels)('over %s', (channel) => {
    test.each(Object.entries(changed))(
      'answers with %s are coded errors on one line, or taken, and show no secret',
      async (_, twist) => void (await callAll(channel, twist)),
    );

    test.for(Object.entries(refusals))(
      '%s, told by who shouts, is told on one line and without secrets',
      async ([, refuse], { skip }) => {
        for (const name of ['sentences that shout', 'texts that shout', 'names of others that shout'])
          if (!(await callAll(channel, changed[name] as Twist, refuse)))
            skip('nothing on this device refuses so');
      },
    );
  });
});
