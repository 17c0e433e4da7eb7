import { names } from '../../../lib/app/names.ts';
import type { FirewallConnection, FirewallModule } from '../../../lib/core/firewall.ts';
import { ownComment } from '../../../lib/core/plan/ownership.ts';
import type { Rig } from '../../support/firewalls/rig.ts';
import { group, pod, World } from '../../support/world.ts';
import { hub } from './place.ts';

const web = { app: 'web' };

/** The hub, and behind one management address a simulated device that may give way to another one. */
export class Site {
  readonly world: World;
  readonly group: string;
  readonly #channel: string;
  #device: Rig;
  /** What was asked of the present device, in order. */
  #asked: string[] = [];

  private constructor(device: Rig, channel: string, name: string) {
    this.#device = device;
    this.#channel = channel;
    this.group = name;
    const target = {
      firewall: 'edge',
      channel,
      create: 'own',
      mode: 'sync',
      onForeignAdd: 'remove',
    } as const;
    this.world = new World([group(name, { select: "app == 'web'", publish: [target] })]);
  }

  static async start(device: Rig, channel: string, name: string): Promise<Site> {
    const site = new Site(device, channel, name);
    const { world } = site;
    device.enter?.();
    const { kind, settings } = device.module;
    const edge = world.configuration.firewalls['edge'];
    if (!edge) throw new Error('no firewall edge');
    world.configuration.firewalls['edge'] = {
      ...edge,
      kind,
      settings: settings.parse(device.settings) as Record<string, unknown>,
    };
    world.ports.firewalls = { [kind]: site.#module() };
    world.secrets.values.set(names.secret(hub, 'edge'), device.credential);
    await world.activate();
    await world.hello('agent-process-1');
    return site;
  }

  #module(): FirewallModule {
    const { module } = this.#device;
    return {
      ...module,
      connect: async (request) => {
        const { settings, credential } = this.#device;
        const known = module.withoutCredential ? '' : credential;
        const connection = await module.connect({
          ...request,
          settings: module.settings.parse(settings),
          credential: known,
        });
        return this.#listening(connection);
      },
    };
  }

  #listening(connection: FirewallConnection): FirewallConnection {
    return {
      ...connection,
      observeMembers: async (object) => {
        this.#asked.push('observeMembers');
        return await connection.observeMembers(object);
      },
      apply: async (changes) => {
        this.#asked.push('apply');
        return await connection.apply(changes);
      },
    };
  }

  get object(): string {
    const { module } = this.#device;
    return module.objectName({ hub, group: this.group, channel: this.#channel, firewall: 'edge' });
  }

  /** Another device answers from now on; after a while, so that somebody looks who it is, and no read is late. */
  async giveWayTo(device: Rig, afterMs = 600_000): Promise<void> {
    this.#device = device;
    device.enter?.();
    this.#asked = [];
    await this.world.clock.sleep(afterMs);
  }

  /** The members were read before the first write to the present device. */
  get lookedFirst(): boolean {
    const [look, write] = [this.#asked.indexOf('observeMembers'), this.#asked.indexOf('apply')];
    return look >= 0 && (write < 0 || look < write);
  }

  /** Puts our object onto a device as it was at some time. */
  fill(device: Rig, addresses: readonly string[]): void {
    const { module, settings } = device;
    const scope = module.scope(module.settings.parse(settings));
    const commentFor = (object: string): string => ownComment({ hub, firewall: 'edge', scope, object });
    const sizeHint = this.world.configuration.groups[this.group]?.maxMembers ?? 0;
    device.fill(this.#channel, this.object, { hub, addresses, sizeHint, commentFor });
  }

  async pod(uid: string, address: string): Promise<void> {
    await this.world.upsert(pod(uid, address, web));
  }

  enforced(): string[] {
    return this.#device.enforced(this.#channel, this.object)?.sort() ?? [];
  }
}
