import { pullList } from '../../lib/firewalls/pull-list/index.ts';
import { type BucketSimulator, startBucketSimulator } from '../../lib/firewalls/pull-list/simulator/index.ts';
import type { ListAnswer } from '../../lib/app/lists/request.ts';
import { ListServer } from '../../lib/app/lists/serve-lists.ts';
import { names } from '../../lib/app/names.ts';
import type { FirewallConnection, ObjectRef } from '../../lib/core/firewall.ts';
import { ownComment } from '../../lib/core/plan/ownership.ts';
import { listSettings } from './firewalls/pull-list-rig.ts';
import { group, World } from './world.ts';

const hub = 'test';
/** Id of the entry in the configuration. */
export const entry = 'edge';
export const passwords = { branch: 'branch-password-1', spare: ['spare-password-old', 'spare-password-new'] };

const target = {
  firewall: entry,
  channel: 'pull',
  create: 'own',
  mode: 'sync',
  onForeignAdd: 'remove',
} as const;

const readers = {
  branch: { sources: ['10.9.0.0/16'] },
  spare: { sources: ['10.9.0.0/16'] },
  collector: { sources: ['10.8.0.5/32'], authentication: 'source' },
};

/** A bucket over HTTPS, the module that writes to it, and what serves it; state in memory. */
export class ListWorld {
  readonly bucket: BucketSimulator;
  readonly world: World;
  readonly settings: Record<string, unknown>;
  server: ListServer;

  private constructor(bucket: BucketSimulator, more: Record<string, unknown>) {
    this.bucket = bucket;
    this.settings = { ...pullList.settings.parse(listSettings(bucket, { readers, ...more })) };
    const world = new World([group('web', { maxMembers: 5_000, publish: [target] })]);
    const { edge } = world.configuration.firewalls;
    if (!edge) throw new Error('the world has no firewall edge');
    world.configuration.firewalls[entry] = { ...edge, kind: pullList.kind, settings: this.settings };
    world.secrets.values.set(names.secret(hub, entry), JSON.stringify(passwords));
    Object.assign(world.ports, { firewalls: { [pullList.kind]: pullList } });
    this.world = world;
    this.server = this.restarted();
  }

  static async start(more: Record<string, unknown> = {}): Promise<ListWorld> {
    const lists = new ListWorld(await startBucketSimulator(), more);
    await lists.world.activate();
    await lists.world.hello('agent-process-1');
    return lists;
  }

  /** Another copy of the function: it remembers nothing. */
  restarted(): ListServer {
    const { ports, configurations } = this.world;
    this.server = new ListServer({ ports, configurations }, entry);
    return this.server;
  }

  async connect(): Promise<FirewallConnection> {
    return await pullList.connect({
      firewall: entry,
      hub,
      settings: pullList.settings.parse(this.settings),
      credential: JSON.stringify(passwords),
      clock: this.world.clock,
      deadline: this.world.clock.now() + 60_000,
      commentFor: (object) => ownComment({ hub, firewall: entry, scope: this.bucket.bucket, object }),
    });
  }

  /** Makes a list, or gives it other members, as the sync does. Returns its name. */
  async publish(name: string, add: readonly string[], remove: readonly string[] = []): Promise<string> {
    const object = listObject(name);
    const connection = await this.connect();
    const comment = ownComment({ hub, firewall: entry, scope: this.bucket.bucket, object: object.name });
    const [report] = await connection.apply([
      { object, createWith: { comment }, add, remove, expectedCount: add.length },
    ]);
    for (const outcome of report?.outcomes.values() ?? []) if (outcome.state !== 'done') throw outcome.error;
    return object.name;
  }

  /** What a firewall of `branch` gets, unless told otherwise. */
  async fetch(
    path: string,
    headers: Record<string, string | string[]> = {},
    method = 'GET',
  ): Promise<ListAnswer> {
    const all = { 'x-forwarded-for': '10.9.1.1', ...basic('branch', passwords.branch), ...headers };
    return await this.server.answer({
      method,
      path,
      headers: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value].flat()])),
    });
  }

  async stop(): Promise<void> {
    await this.bucket.stop();
  }
}

export function listObject(name: string): ObjectRef {
  return {
    group: name,
    name: pullList.objectName({ hub, group: name, channel: 'pull' }),
    channel: 'pull',
    create: 'own',
  };
}

export function basic(user: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
