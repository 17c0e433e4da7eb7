import { expect } from 'vitest';
import type { ConnectionRequest, FirewallConnection, ObjectRef } from '../../../lib/core/firewall.ts';
import { ownComment } from '../../../lib/core/plan/ownership.ts';
import { firewallModules } from '../../../lib/firewalls/registry.ts';
import type { Rig } from './rig.ts';
import { rigs, variants } from './rigs.ts';
import { TwistingProxy } from './twisting-proxy.ts';

const hub = 'test';
const firewall = 'edge-1';
/** What the roles of functions send with every call, and where they have it. */
export const sessionToken = 'canary-session-token-0123456789';
const ofSession = 'AWS_SESSION_TOKEN';

/** A simulated device of one vendor, and in front of it somebody who changes what it says. */
export interface Scene {
  rig: Rig;
  proxy: TwistingProxy;
  request: ConnectionRequest<unknown>;
}

export async function open(kind: string): Promise<Scene> {
  const rig = (await (rigs[kind] ?? variants[kind]?.start)?.()) as Rig;
  process.env[ofSession] = sessionToken;
  const proxy = await TwistingProxy.start(rig.settings);
  const { module } = rig;
  const settings = module.settings.parse({ ...rig.settings, ...proxy.settings, timeoutMs: 10_000 });
  const scope = module.scope(settings);
  let now = Date.now();
  const request = {
    firewall,
    hub,
    settings,
    credential: module.withoutCredential ? '' : rig.credential,
    // Waiting takes no time, and still comes to an end.
    clock: { now: () => now, sleep: async (ms: number) => void (now += ms) },
    get deadline() {
      return now + 60_000;
    },
    commentFor: (object: string) => ownComment({ hub, firewall, scope, object }),
  };
  return { rig, proxy, request };
}

export async function close({ rig, proxy }: Scene): Promise<void> {
  delete process.env[ofSession];
  await proxy.stop();
  await rig.stop();
}

let groups = 0;

export function newObject({ rig }: Scene, channel: string): ObjectRef {
  const group = `group-${++groups}`;
  const name = rig.module.objectName({ hub, group, channel, firewall });
  return { group, name, channel, create: 'own' };
}

export async function connect({ rig, request }: Scene, timeoutMs?: number): Promise<FirewallConnection> {
  const { deadline, settings } = request;
  const changed = timeoutMs === undefined ? settings : { ...(settings as object), timeoutMs };
  return await rig.module.connect({ ...request, deadline, settings: changed });
}

/** Makes an object with members while nobody changes anything. */
export async function makeObject(scene: Scene, channel: string): Promise<ObjectRef> {
  const connection = await connect(scene);
  const object = newObject(scene, channel);
  const createWith = { comment: scene.request.commentFor(object.name) };
  const add = ['10.1.0.1', 'fd00::1'];
  const [report] = await connection.apply([{ object, createWith, add, remove: [], expectedCount: 2 }]);
  expect([...(report?.outcomes.values() ?? [])].map(({ state }) => state)).toEqual(['done', 'done']);
  await connection.close();
  return object;
}

/** Every vendor with its channels, and the variants. */
export const subjects = [
  ...Object.values(firewallModules).map(({ kind, facts }) => ({
    kind,
    channels: Object.keys(facts.channels),
  })),
  ...Object.entries(variants).map(([kind, { channels }]) => ({ kind, channels })),
];
