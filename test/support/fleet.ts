import { applyConfiguration, type ApplyRequest } from '../../lib/app/commands/apply.ts';
import { type FirewallPlan, planConfiguration } from '../../lib/app/commands/plan.ts';
import { reconcileMessage } from '../../lib/app/reconcile/reconcile-message.ts';
import { names } from '../../lib/app/names.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { PaperFirewall, paperFirewalls } from './paper-firewall.ts';
import type { MemorySecrets } from './ports.ts';
import { group, World } from './world.ts';

let fleets = 0;

/** A group on all firewalls of a fleet. */
export function everywhere(
  name: string,
  firewalls: readonly string[],
  more: Partial<AddressGroup> = {},
): AddressGroup {
  const publish = firewalls.map((firewall) => ({
    firewall,
    channel: 'list',
    create: 'own' as const,
    mode: 'sync' as const,
    onForeignAdd: 'remove' as const,
  }));
  return group(name, { publish, ...more });
}

/** A hub with several paper firewalls, each under its own writer key. */
export class Fleet {
  readonly world: World;
  readonly devices = new Map<string, PaperFirewall>();

  private constructor(world: World) {
    this.world = world;
  }

  static async start(firewalls: readonly string[], groups: AddressGroup[]): Promise<Fleet> {
    const world = new World(groups);
    const fleet = new Fleet(world);
    const [edge] = Object.values(world.configuration.firewalls);
    if (!edge) throw new Error('a world has a firewall');
    fleets += 1;
    world.configuration.firewalls = {};
    for (const firewall of firewalls) {
      const device = `fleet-${fleets}-${firewall}`;
      const paper = new PaperFirewall();
      fleet.devices.set(firewall, paper);
      paperFirewalls.set(device, paper);
      world.configuration.firewalls[firewall] = { ...edge, settings: { device } };
      (world.ports.secrets as MemorySecrets).values.set(names.secret('test', firewall), 'token');
    }
    await world.activate();
    await world.hello('agent-process-1');
    return fleet;
  }

  device(firewall: string): PaperFirewall {
    const found = this.devices.get(firewall);
    if (!found) throw new Error(`no ${firewall}`);
    return found;
  }

  /** Members of a group on each firewall, in the order of the fleet. */
  on(name: string): string[][] {
    return [...this.devices.values()].map((device) => device.members(`obj-${name}`));
  }

  plan(groups: AddressGroup[]): Promise<FirewallPlan[]> {
    const { ports, configurations } = this.world;
    return planConfiguration(ports, configurations, this.with(groups));
  }

  async apply(groups: AddressGroup[], more: Pick<ApplyRequest, 'canary' | 'endsCanary'> = {}): Promise<void> {
    const { ports, configurations } = this.world;
    const plans = await this.plan(groups);
    const configuration = this.with(groups);
    await applyConfiguration({ ports, configurations }, { configuration, plans, author: 'test', ...more });
    this.world.configuration = configuration;
    await this.world.settle(40);
  }

  private with(groups: AddressGroup[]): World['configuration'] {
    const { configuration } = this.world;
    return { ...configuration, groups: Object.fromEntries(groups.map((one) => [one.name, one])) };
  }

  async reconcile(firewall: string): Promise<void> {
    await this.world.clock.sleep(1);
    const { ports, configurations } = this.world;
    await reconcileMessage(ports, configurations, JSON.stringify({ firewall, reason: 'test' }));
    await this.world.settle();
  }

  /** Minutes go by, with a sweep and what it asks for in each. */
  async minutes(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.world.clock.sleep(60_000);
      await sweep(this.world.ports, this.world.configurations);
      await this.world.settle();
    }
  }
}
