import { isZonebridgeError } from '../../core/errors.ts';
import type { FormerMembers, ObjectRef } from '../../core/firewall.ts';
import type { AddressGroup, GroupTarget } from '../../core/model/address-group.ts';
import type { Ownership } from '../../core/plan/ownership.ts';
import type { Configuration } from '../configuration/model.ts';
import type { DevicePorts, Ports } from '../ports.ts';
import { openFirewall, type OpenFirewall } from '../sync/connect.ts';
import { whoseObject } from '../sync/whose-object.ts';
import { groupsOn, objectRef } from '../targets.ts';

/** Why a firewall could not be read from where the command runs. */
export interface Unread {
  code: string;
  message: string;
  remedy: string;
}

/** What the device says about one group's object. */
export interface LiveObject {
  object: ObjectRef;
  ownership: Ownership;
  /** With `hand-renamed`: what a person called it. */
  renamedTo?: string | undefined;
  /** Empty unless the object is ours or offered. */
  members: readonly string[];
  /** With `adoptable`: what the former tool put in. */
  former?: FormerMembers | undefined;
}

export interface LiveGroup {
  group: AddressGroup;
  target: GroupTarget;
}

/** Longest a command reads one device. */
const budgetMs = 45_000;

/** Reads the objects of all groups on a firewall, and nothing else. A device that cannot be read is a finding, no error. */
export async function readLive(
  ports: DevicePorts,
  configuration: Configuration,
  firewall: string,
): Promise<{ objects: Map<string, LiveObject> } | { unread: Unread }> {
  try {
    const deadline = ports.clock.now() + budgetMs;
    const open = await openFirewall(ports, configuration, { firewall, deadline });
    try {
      const objects = new Map<string, LiveObject>();
      for (const place of groupsOn(configuration, firewall))
        objects.set(place.group.name, await readObjectLive(ports, open, place));
      return { objects };
    } finally {
      await open.connection.close();
    }
  } catch (error) {
    return { unread: unreadBecause(error) };
  }
}

export async function readObjectLive(
  ports: Ports,
  open: OpenFirewall,
  { group, target }: LiveGroup,
): Promise<LiveObject> {
  const object = objectRef(open.module, { hub: ports.hub, group, target, settings: open.settings });
  const { ownership, renamedTo } = await whoseObject(ports.hub, open, object);
  const known = ownership === 'ours' || ownership === 'offered';
  const members = known ? await open.connection.observeMembers(object) : [];
  const former = ownership === 'adoptable' ? await open.connection.observeFormer(object) : undefined;
  return { object, ownership, renamedTo, members, former };
}

/** Anything that keeps us from reading, also missing rights in AWS, said in one form. */
export function unreadBecause(error: unknown): Unread {
  if (isZonebridgeError(error)) return { code: error.code, message: error.message, remedy: error.remedy };
  const named = error instanceof Error ? error : new Error('no reason given');
  return {
    code: named.name,
    message: named.message,
    remedy: 'The command needs the right to read the secret of the firewall, and a way to reach it.',
  };
}
