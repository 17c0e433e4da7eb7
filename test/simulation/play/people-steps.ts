import { type Device, type DeviceObject, person } from '../firewall/device.ts';
import { objectName } from '../plan/spec.ts';
import type { PeopleStep } from '../plan/steps.ts';
import type { World } from '../world.ts';

/** Addresses that people type in; no cluster has them. */
const foreign = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];

/** A person at a device, and what the step means there. */
interface Hand {
  world: World;
  device: Device;
  choice: number;
  address: string;
  /** Objects that a hub made. */
  ours: readonly string[];
  tell: (text: string) => void;
}

const actions: Record<PeopleStep['do'], (hand: Hand) => void> = {
  'make object': ({ device, choice, address }) => {
    device.objects.set(`by-hand-${choice}`, byHand(address));
  },
  'take our name': ({ world, device, choice, address, tell }) => {
    const name = chosen(
      groupNames(world).filter((one) => !device.objects.has(one)),
      choice,
    );
    if (name === undefined) return;
    tell(`makes ${name}`);
    device.objects.set(name, { ...byHand(address), touchedAt: world.kernel.now });
  },
  clone: (hand) =>
    onOurs(hand, 'clones', (name, object) => {
      const copy = { ...object, members: new Set(object.members), maker: person };
      hand.device.objects.set(`copy-${hand.choice}-of-${name}`, copy);
    }),
  rename: (hand) =>
    onOurs(hand, 'renames', (name, object) => {
      hand.device.objects.delete(name);
      hand.device.disturbances += object.members.size;
      hand.device.objects.set(`renamed-${hand.choice}-${name}`, { ...object, maker: person });
    }),
  'delete object': (hand) =>
    onOurs(hand, 'deletes', (name, object) => {
      hand.device.disturbances += object.members.size;
      hand.device.objects.delete(name);
    }),
  'edit comment': (hand) =>
    onOurs(hand, 'edits the comment of', (name, object) => {
      const edited = { ...object, comment: 'mine now', maker: person, touchedAt: hand.world.kernel.now };
      hand.device.objects.set(name, edited);
    }),
  'add member': (hand) =>
    onOurs(hand, `adds ${hand.address} to`, (_, object) => {
      hand.device.disturbances += 1;
      object.members.add(hand.address);
    }),
  'remove member': (hand) =>
    onOurs(hand, 'takes a member off', (name, object) => {
      const address = chosen([...object.members].sort(), hand.choice);
      if (address === undefined) return;
      hand.tell(`took ${address} off ${name}`);
      hand.device.disturbances += 1;
      hand.device.takenOff.add(`${name}|${address}`);
      object.members.delete(address);
    }),
  offer: ({ world, device }) => offer(world, device),
  'withdraw offer': ({ world, device, tell }) => {
    for (const [name, object] of device.objects) {
      if (!object.comment.startsWith('zonebridge:offer:')) continue;
      tell(`withdraws ${name}`);
      device.objects.set(name, { ...object, comment: 'not offered any more', touchedAt: world.kernel.now });
    }
  },
};

/** What people do on a device by hand. */
export function playPeople(world: World, step: PeopleStep): void {
  const { kernel } = world;
  const device = world.devices.get(world.plan.devices[step.device] ?? '');
  if (!device) return;
  kernel.happened(`people: ${step.do}`);
  actions[step.do]({
    world,
    device,
    choice: step.choice,
    address: foreign[step.choice % foreign.length] ?? '',
    ours: [...device.objects].filter(([, { maker }]) => maker !== person).map(([name]) => name),
    tell: (text) => kernel.tell(() => `${device.name}: a person ${text}`),
  });
}

/** People give every object that a group expects of them. */
export function offer(world: World, device: Device): void {
  for (const { hub } of world.hubs) {
    const here = new Set(
      hub.spec.firewalls.filter((one) => one.device === device.name).map(({ name }) => name),
    );
    for (const group of hub.spec.groups) {
      if (!group.publish.some(({ create, firewall }) => create === 'offered' && here.has(firewall))) continue;
      const name = objectName(hub.spec.name, group);
      const before = device.objects.get(name);
      const members = before?.members ?? new Set<string>();
      const comment = `zonebridge:offer:${group.name}`;
      // What lies in an object that was withdrawn and comes back was put there by the person who offers it anew.
      if (before && before.comment !== comment)
        for (const address of members) device.broughtBack.add(`${name}|${address}`);
      world.kernel.tell(() => `${device.name}: a person offers ${name}`);
      device.objects.set(name, { comment, members, maker: person, feed: false });
    }
  }
}

function onOurs(hand: Hand, what: string, act: (name: string, object: DeviceObject) => void): void {
  const name = chosen(hand.ours, hand.choice) ?? '';
  const object = hand.device.objects.get(name);
  if (!object) return;
  hand.tell(`${what} ${name}`);
  act(name, object);
}

function byHand(address: string): DeviceObject {
  return { comment: 'zonebridge', members: new Set([address]), maker: person, feed: false };
}

function chosen<T>(all: readonly T[], choice: number): T | undefined {
  return all[choice % Math.max(1, all.length)];
}

function groupNames(world: World): string[] {
  const names = world.hubs.flatMap(({ hub }) =>
    hub.spec.groups.map((group) => objectName(hub.spec.name, group)),
  );
  return [...new Set(names)];
}
