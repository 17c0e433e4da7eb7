import type { Device, DeviceObject } from '../firewall/device.ts';
import { circuitMs } from '../oracle/stale-watch.ts';
import type { DeviceStep } from '../plan/steps.ts';
import type { World } from '../world.ts';

/** Backups of devices, the newest last. */
export type Backups = Map<string, Map<string, DeviceObject>[]>;

interface Turn {
  world: World;
  device: Device;
  backups: Backups;
  step: DeviceStep;
  /** One of the device's backups. */
  older: Map<string, DeviceObject> | undefined;
  tell: (text: string) => void;
}

const actions: Record<DeviceStep['do'], (turn: Turn) => void> = {
  trouble: ail,
  'refuse address': ({ world, device, step, tell }) => {
    const all = [...new Set(world.hubs.flatMap(({ truth }) => [...truth.everWanted]))];
    const [, , address] = all[step.choice % Math.max(1, all.length)]?.split('|') ?? [];
    if (address === undefined) return;
    tell(`refuses ${address}`);
    device.refused.add(address);
  },
  'fill up': ({ device, step, tell }) => {
    device.capacity = device.size + (step.choice % 3);
    tell(`is full at ${device.capacity}`);
  },
  heal: ({ device }) => device.heal(),
  'fail over': ({ device, tell }) => {
    tell('fails over');
    device.failOver();
  },
  'fail over to an older state': ({ device, older, tell }) => {
    if (!older) return;
    tell('fails over to a standby that was behind');
    device.failOver(copyOf(older));
  },
  replace: ({ device, tell }) => {
    tell('is replaced by an empty one');
    device.replace();
  },
  restart: ({ device, tell }) => {
    tell('restarts');
    device.restart();
  },
  'back up': ({ device, backups }) => {
    backups.set(device.name, [...(backups.get(device.name) ?? []), device.backup()]);
  },
  restore: ({ device, older, tell }) => {
    if (!older) return;
    tell('gets an older backup');
    device.restart(copyOf(older));
  },
};

/** Coming up takes a device longer than the noise in the boot time that it tells. */
const bootMs = 120_000;
const restarts: readonly DeviceStep['do'][] = ['restart', 'restore', 'replace'];

export function playDevice(world: World, backups: Backups, step: DeviceStep): void {
  const { kernel } = world;
  const device = world.devices.get(world.plan.devices[step.device] ?? '');
  if (!device) return;
  const all = backups.get(device.name) ?? [];
  const older = all[step.choice % Math.max(1, all.length)];
  if (restarts.includes(step.do) && kernel.now - (device.identity.bootTime ?? 0) < bootMs) return;
  if (step.do !== 'heal' && step.do !== 'back up') kernel.happened(`device: ${step.do}`);
  const tell = (text: string): void => kernel.tell(() => `${device.name}: ${text}`);
  actions[step.do]({ world, device, backups, step, older, tell });
}

function ail({ world, device, step, tell }: Turn): void {
  if (step.do !== 'trouble') return;
  const { trouble, seconds } = step;
  tell(`${trouble} for ${seconds} s`);
  device.trouble = trouble;
  for (const { hub, stale, watch } of world.hubs) {
    watch.decisions.heldUp(seconds * 1000 + circuitMs);
    for (const { name } of hub.spec.firewalls.filter((one) => one.device === device.name))
      stale.heldUp(seconds * 1000 + circuitMs, name);
  }
  world.kernel.scheduler.after(seconds * 1000, () => {
    if (device.trouble === trouble) device.trouble = 'none';
  });
}

function copyOf(objects: ReadonlyMap<string, DeviceObject>): Map<string, DeviceObject> {
  return new Map(
    [...objects].map(([name, object]) => [name, { ...object, members: new Set(object.members) }]),
  );
}
