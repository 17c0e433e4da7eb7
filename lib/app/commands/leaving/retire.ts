import { ZonebridgeError } from '../../../core/errors.ts';
import type { ObjectUse } from '../../../core/firewall.ts';
import { recordAction } from '../../audit/actions.ts';
import type { Ports } from '../../ports.ts';
import type { ActiveConfiguration } from '../../state/configurations.ts';
import { markDirty } from '../../state/dirty.ts';
import {
  readRetirement,
  requestRetirement,
  type Retirement,
  retirementKey,
  wholeObject,
} from '../../state/retirements.ts';
import type { Person } from '../../person.ts';
import { wake } from '../../state/writers.ts';
import { writerKeyOf } from '../../targets.ts';
import { checkDeletion } from '../check-decision.ts';
import { fetchersOf } from './fetchers.ts';
import { isPublished, type LeftObject } from './left-objects.ts';

/** A request that no run could carry out by then is dropped: somebody may have begun to use the object. */
const validMs = 60 * 60_000;
const pauseMs = 500;

export interface RetireRequest {
  object: Pick<LeftObject, 'firewall' | 'group' | 'object' | 'members' | 'since'>;
  by: Person;
  ticket: string | undefined;
  reason: string | undefined;
}

/**
 * Asks the sync to take what a group left off a firewall: it alone writes to devices. Returns the id of the request.
 * Throws `retire/still-published` while the active configuration publishes the group there, `retire/still-fetched` while firewalls fetch the
 * list, and what approvals ask for (`approval/...`).
 */
export async function requestRetire(
  ports: Ports,
  active: ActiveConfiguration,
  { object, by, ticket, reason }: RetireRequest,
): Promise<string> {
  const { firewall, group } = object;
  const settings = active.configuration.firewalls[firewall];
  if (!settings || isPublished(active, firewall, group))
    throw new ZonebridgeError(
      'retire/still-published',
      `${group} is published to ${firewall}: take it out of the configuration first`,
    );
  const fetchers = await fetchersOf(ports, settings, object);
  if (fetchers.length > 0) throw stillFetched(object.object, fetchers);
  await checkDeletion(ports, active, { by, ticket, since: object.since });
  const id = ports.random.id();
  const now = ports.clock.now();
  const details = { object: object.object, members: object.members, request: id };
  await recordAction(ports, { what: 'retire', by: by.name, firewall, group, ticket, reason, details });
  await requestRetirement(ports.tables, { firewall, group }, { id, by: by.name, expiresAt: now + validMs });
  const mark = { id, firewall, key: `${group}|-|${wholeObject}`, cause: 'approval', time: now } as const;
  await ports.tables.write(markDirty(mark));
  const writerKey = writerKeyOf(ports.firewalls, settings);
  await wake(ports, { hub: ports.hub, network: settings.network, writerKey, parts: [], now });
  return id;
}

/** Thousands of firewalls may fetch one list: some of them say enough. */
const fetchersNamed = 5;

function stillFetched(list: string, fetchers: ObjectUse['users']): ZonebridgeError {
  const named = fetchers.slice(0, fetchersNamed).map(({ where, key }) => `${where} at ${key}`);
  const more = fetchers.length - named.length;
  const all = more > 0 ? [...named, `${more} more`] : named;
  return new ZonebridgeError('retire/still-fetched', `${list} was fetched within a day by ${all.join(', ')}`);
}

/** Waits until a request was carried out or refused; what there is when the time is over. */
export async function waitForRetirement(
  ports: Ports,
  request: { firewall: string; group: string; id: string; timeoutMs: number },
): Promise<Retirement | undefined> {
  const end = ports.clock.now() + request.timeoutMs;
  for (;;) {
    const [item] = await ports.tables.read([retirementKey(request.firewall, request.group)]);
    const found = readRetirement(item);
    if (found?.id !== request.id || found.state !== 'requested') return found;
    if (ports.clock.now() >= end) return found;
    await ports.clock.sleep(pauseMs);
  }
}
