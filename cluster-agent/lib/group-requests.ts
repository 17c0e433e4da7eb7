import { z } from 'zod';
import {
  type GroupRequest,
  type GroupRequests,
  othersMost,
  requestsMost,
  requestsVersion,
} from '../../lib/core/delegation/request.ts';
import { detailTypes, type RequestsDetail, schemaVersion } from '../../lib/core/model/messages.ts';
import type { Clock } from '../../lib/core/ports.ts';
import { utf8 } from './batch.ts';
import type { Documents, EventBus } from './ports.ts';
import type { AgentStatus } from './status.ts';
import { pause } from './timing.ts';

const path = '/apis/zonebridge.dev/v1alpha1/addressgroups';
/** Few enough that resources as large as they may be make no answer that is too long. */
const pageSize = 20;
const lookMilliseconds = 20_000;
/** Told again although nothing changed: the hub may have lost it. */
const againMilliseconds = 10 * 60_000;
/** Bytes of what is told in full: the bus takes 256 KB, of which ids of others may need 80. */
const mostBytes = 150_000;

const listing = z.object({
  kind: z.literal('AddressGroupList'),
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(
    z.object({
      metadata: z.object({
        uid: z.string(),
        name: z.string(),
        namespace: z.string(),
        generation: z.number().optional(),
        creationTimestamp: z.iso.datetime({ offset: true }),
        deletionTimestamp: z.string().optional(),
      }),
      spec: z.unknown(),
    }),
  ),
});
type Item = z.output<typeof listing>['items'][number];

export interface GroupTellerOptions {
  documents: Documents;
  bus: EventBus;
  clock: Clock;
  status: AgentStatus;
  /** The epoch under which to tell; undefined: not now, or to a hub that takes none. */
  epoch: () => number | undefined;
  /** Labels of a namespace; undefined when it is not known (yet). */
  namespaceLabels: (name: string) => Readonly<Record<string, string>> | undefined;
}

/** Tells the hub all AddressGroup resources, when they changed. A listing that is not complete is told by nobody: what is missing in it would be taken for deleted. */
export class GroupTeller {
  readonly #options: GroupTellerOptions;
  #told: { epoch: number; content: string; at: number } | undefined;
  #number = 0;

  constructor(options: GroupTellerOptions) {
    this.#options = options;
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.look();
      await pause(this.#options.clock, lookMilliseconds, stop);
    }
  }

  /** Looks now. Never throws. */
  async look(): Promise<void> {
    try {
      if (this.#options.epoch() !== undefined) await this.#tellNews();
    } catch (error) {
      this.#options.status.failed('looking at AddressGroup resources', error);
    }
  }

  async #tellNews(): Promise<void> {
    const { bus, clock, status } = this.#options;
    const found = await this.#read();
    const epoch = this.#options.epoch();
    if (found === undefined || epoch === undefined) return;
    const content = JSON.stringify(found);
    const now = clock.now();
    const told = this.#told;
    if (told?.epoch === epoch && told.content === content && now - told.at < againMilliseconds) return;
    this.#number += 1;
    const head = {
      schema: schemaVersion,
      epoch,
      sentAt: now,
      version: requestsVersion,
      number: this.#number,
    };
    const detail: RequestsDetail = { ...head, ...found };
    const [refused] = await bus.putEvents([
      { detailType: detailTypes.addressGroups, detail: JSON.stringify(detail) },
    ]);
    if (refused !== undefined) {
      status.notSent(refused);
      return;
    }
    this.#told = { epoch, content, at: now };
    status.accepted(0);
  }

  /** All of them, in turn; undefined when they cannot be told now. */
  async #read(): Promise<GroupRequests | undefined> {
    // No more than may be told is kept in full: nobody limits how many resources a team makes.
    let first: Item[] = [];
    const ids: string[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const query = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
      const answer = await this.#options.documents.read(`${path}?limit=${pageSize}${query}`);
      if (answer === 'absent' || answer === 'forbidden') {
        this.#options.status.warn('address-groups-unread', answer);
        return undefined;
      }
      const page = listing.parse(answer.object);
      // What is being deleted is no wish any more.
      const wanted = page.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      ids.push(...wanted.map(({ metadata }) => metadata.uid));
      first = inTurn([...first, ...wanted]).slice(0, requestsMost);
      next = page.metadata.continue || undefined;
    }
    const requests: GroupRequest[] = [];
    let bytes = 0;
    for (const item of first) {
      const request = this.#requestOf(item);
      if (request === undefined) return undefined;
      const size = utf8(JSON.stringify(request));
      // One that is too long keeps no later one out.
      if (bytes + size > mostBytes) continue;
      bytes += size;
      requests.push(request);
    }
    const told = new Set(requests.map(({ uid }) => uid));
    const others = ids.filter((id) => !told.has(id)).toSorted();
    return { requests, more: others.length, others: others.slice(0, othersMost) };
  }

  #requestOf({ metadata, spec }: Item): GroupRequest | undefined {
    const { uid, name, namespace, generation = 0, creationTimestamp } = metadata;
    const namespaceLabels = this.#options.namespaceLabels(namespace);
    if (namespaceLabels === undefined) return undefined;
    const created = Date.parse(creationTimestamp);
    return { uid, namespace, name, generation, created, namespaceLabels: { ...namespaceLabels }, spec };
  }
}

/** The oldest of each namespace, then the second of each, and so on: nobody keeps others out by making many. */
function inTurn(items: readonly Item[]): Item[] {
  const counts = new Map<string, number>();
  const ranked = items.toSorted(byAge).map((item) => {
    const rank = counts.get(item.metadata.namespace) ?? 0;
    counts.set(item.metadata.namespace, rank + 1);
    return { item, rank };
  });
  return ranked.toSorted((a, b) => a.rank - b.rank || byAge(a.item, b.item)).map(({ item }) => item);
}

function byAge(a: Item, b: Item): number {
  const [first, second] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp}|${metadata.uid}`);
  return (first ?? '') < (second ?? '') ? -1 : 1;
}
