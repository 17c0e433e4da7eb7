import type { TableName } from '../../../lib/core/ports.ts';
import { Dice } from '../kernel/dice.ts';
import { bad, fine, type Weather, weatherNames } from '../kernel/weather.ts';
import { apps, groupsOf, hubsOf, namespaces, stages } from './hubs.ts';
import { withOrders } from './orders.ts';
import type { HubSpec } from './spec.ts';
import type { AgentStep, ClusterStep, DeviceStep, HubStep, PeopleStep, Plan, Step } from './steps.ts';

/** Some hundred steps are some simulated hours. */
export const usualSteps = 120;

/** The plan of a seed: a different mixture of troubles each time, so that now and then one of them dominates. */
export function planOf(seed: number, steps = usualSteps): Plan {
  return withOrders(plainPlanOf(seed, steps), new Dice(seed ^ 0x0a11ce));
}

/** The same without people who order and decide. */
export function plainPlanOf(seed: number, steps = usualSteps): Plan {
  const dice = new Dice(seed);
  const hubs = hubsOf(dice);
  const devices = [...new Set(hubs.flatMap(({ firewalls }) => firewalls.map(({ device }) => device)))];
  const weather = weatherOf(dice);
  const mixture = mixtureOf(dice);
  const pace = dice.pick([5_000, 40_000, 90_000]) ?? 40_000;
  const make = new Maker(dice, hubs, devices);
  return {
    seed,
    weather,
    hubs,
    devices,
    steps: Array.from({ length: steps }, () => make.step(mixture, pace)),
  };
}

/** One seed in eight has fine weather; otherwise a few kinds of faults, each at its own strength. */
function weatherOf(dice: Dice): Weather {
  const weather = { ...fine };
  if (dice.chance(1 / 8)) return weather;
  const share = dice.next();
  for (const name of weatherNames) {
    if (!dice.chance(share)) continue;
    weather[name] = bad[name] * (dice.pick([0.3, 1, 3]) ?? 1);
  }
  return weather;
}

type Mixture = Record<(typeof kinds)[number], number>;
const kinds = ['cluster', 'agent', 'trouble', 'device', 'people', 'hub', 'apply', 'state'] as const;

function mixtureOf(dice: Dice): Mixture {
  const some = (usual: number): number => usual * (dice.pick([0, 0.3, 1, 1, 3]) ?? 1);
  return {
    cluster: 60,
    agent: some(4),
    trouble: some(5),
    device: some(2),
    people: some(5),
    hub: some(6),
    apply: some(2),
    state: dice.chance(0.1) ? 1 : 0,
  };
}

class Maker {
  readonly #dice: Dice;
  readonly #hubs: readonly HubSpec[];
  readonly #devices: readonly string[];
  readonly #clusters: number;

  constructor(dice: Dice, hubs: readonly HubSpec[], devices: readonly string[]) {
    this.#dice = dice;
    this.#hubs = hubs;
    this.#devices = devices;
    this.#clusters = hubs.reduce((sum, { clusters }) => sum + clusters.length, 0);
  }

  step(mixture: Mixture, pace: number): Step {
    const wait = Math.floor(this.#dice.delay(pace));
    const make = {
      cluster: () => this.#cluster(),
      agent: () => this.#agent(),
      trouble: () => this.#trouble(),
      device: () => this.#device(),
      people: () => this.#people(),
      hub: () => this.#hub(),
      apply: () => this.#apply(),
      state: () => this.#state(),
    };
    return { ...make[this.#dice.weighted(mixture)](), wait };
  }

  get #choice(): number {
    return this.#dice.between(0, 999);
  }

  #app(): string {
    return this.#dice.pick([...apps, 'other']) ?? 'web';
  }

  #cluster(): ClusterStep {
    const dice = this.#dice;
    const base = {
      in: 'cluster' as const,
      cluster: dice.between(0, this.#clusters - 1),
      choice: this.#choice,
    };
    const namespace = dice.pick(namespaces) ?? 'shop';
    const stage = dice.pick(stages) ?? 'prod';
    const what = dice.weighted({
      scale: 6,
      rescale: 8,
      roll: 5,
      'drop workload': 2,
      'end pod': 4,
      'remove pod': 8,
      'lose node': 2,
      'add node': 2,
      'relabel pod': 8,
      'add namespace': 1,
      'relabel namespace': 2,
      'delete namespace': 1,
    });
    if (what === 'scale') {
      const replicas = dice.between(1, 6);
      return { ...base, do: what, app: this.#app(), namespace, replicas, hostNetwork: dice.chance(0.1) };
    }
    if (what === 'rescale')
      return { ...base, do: what, replicas: dice.chance(0.1) ? dice.between(8, 25) : dice.between(0, 6) };
    if (what === 'relabel pod') return { ...base, do: what, app: this.#app() };
    if (what === 'delete namespace') return { ...base, do: what, namespace };
    if (what === 'add namespace' || what === 'relabel namespace')
      return { ...base, do: what, namespace, stage };
    return { ...base, do: what };
  }

  #agent(): AgentStep {
    const dice = this.#dice;
    const base = { in: 'agent' as const, cluster: dice.between(0, this.#clusters - 1) };
    const what = dice.weighted({ crash: 3, restart: 1, compact: 3, pause: 3 });
    if (what !== 'pause') return { ...base, do: what };
    return { ...base, do: what, seconds: dice.between(5, 900), replaced: dice.chance(0.4) };
  }

  #trouble(): DeviceStep {
    const dice = this.#dice;
    const base = {
      in: 'device' as const,
      device: dice.between(0, this.#devices.length - 1),
      choice: this.#choice,
    };
    const what = dice.weighted({ trouble: 5, 'refuse address': 2, 'fill up': 1, heal: 3 });
    if (what !== 'trouble') return { ...base, do: what };
    const trouble = dice.weighted({ none: 0, down: 4, busy: 2, throttled: 2, credentials: 1 });
    return { ...base, do: what, trouble, seconds: dice.between(10, 1_800) };
  }

  #device(): DeviceStep {
    const dice = this.#dice;
    const what = dice.weighted({
      'fail over': 2,
      'fail over to an older state': 1,
      replace: 1,
      restart: 2,
      'back up': 3,
      restore: 2,
    });
    return {
      in: 'device',
      device: dice.between(0, this.#devices.length - 1),
      choice: this.#choice,
      do: what,
    };
  }

  #people(): PeopleStep {
    const dice = this.#dice;
    const what = dice.weighted({
      'make object': 1,
      'take our name': 1,
      clone: 1,
      rename: 1,
      'delete object': 1,
      'edit comment': 1,
      'add member': 3,
      'remove member': 4,
      offer: 4,
      'withdraw offer': 1,
    });
    return {
      in: 'people',
      device: dice.between(0, this.#devices.length - 1),
      choice: this.#choice,
      do: what,
    };
  }

  #hub(): HubStep {
    const dice = this.#dice;
    const base = { in: 'hub' as const, hub: dice.between(0, this.#hubs.length - 1), choice: this.#choice };
    const what = dice.weighted({ approve: 6, 'restore member': 2, compare: 2, redrive: 1, outage: 1 });
    if (what !== 'outage') return { ...base, do: what };
    return { ...base, do: what, minutes: dice.chance(0.3) ? dice.between(60, 800) : dice.between(2, 40) };
  }

  #apply(): HubStep {
    const dice = this.#dice;
    const hub = dice.between(0, this.#hubs.length - 1);
    const groups = groupsOf(dice, this.#hubs[hub]?.firewalls ?? []);
    return { in: 'hub', hub, choice: this.#choice, do: 'apply', groups };
  }

  #state(): HubStep {
    const dice = this.#dice;
    const base = { in: 'hub' as const, hub: dice.between(0, this.#hubs.length - 1), choice: this.#choice };
    const what = dice.weighted({ 'back up tables': 3, 'restore table': 1, 'lose table': 1 });
    if (what === 'back up tables') return { ...base, do: what };
    return {
      ...base,
      do: what,
      table: dice.pick<TableName>(['endpoints', 'memberships', 'dirty', 'ledger']) ?? 'dirty',
    };
  }
}
