import { imageOf } from '../../audit/interpret.ts';
import type { AuditRecord, Image } from '../../audit/record.ts';
import type { App } from '../../compose.ts';
import type { ActiveConfiguration } from '../../state/configurations.ts';
import { inParallel } from '../../state/items.ts';
import { ledgerKey, listLedger, readLedger } from '../../state/ledger.ts';
import { everyRealmOf, leftPlaces } from '../leaving/left-objects.ts';
import { changesOf, type Subject } from './changes.ts';

/** An address of a group on a firewall, as the ledger had it at a moment. */
export interface Holding {
  firewall: string;
  group: string;
  realm: string;
  address: string;
  /** As it was then: who, since when, why. */
  was: Image;
  /** When that ended; undefined while it lasts. */
  until: number | undefined;
}

/**
 * Who was on the firewalls at a moment. Begins with the ledger as it is now and goes back: where something changed since, its first change
 * after the moment says what there was before. So the work is proportional to what changed since, and exact as far as the index reaches.
 */
export async function holdingsAt(app: App, subject: Subject, at: number): Promise<Holding[]> {
  const { ports, configurations } = app;
  const active = await configurations.active();
  const later = await changesOf(ports, subject, { from: at + 1, to: ports.clock.now() });
  const found = new Map<string, Holding | undefined>();
  for (const record of later) {
    const key = placeOf(record);
    if (key === undefined || found.has(key)) continue;
    const was = stateBefore(record, at);
    found.set(key, was && { ...named(record), was, until: record.at });
  }
  for (const now of await holdingsNow(app, active, { subject, later })) {
    const key = placeOf(now) ?? '';
    // Newer than the moment and without a record: archived in a moment, or not there at the time.
    if (!found.has(key) && now.was.since <= at) found.set(key, now);
  }
  return [...found.values()].filter((holding) => holding !== undefined).sort(byPlace);
}

/** An outcome that swallowed its intent was under way in between. */
function stateBefore(record: AuditRecord, at: number): Image | undefined {
  if (record.intent && record.intentAt !== undefined && record.intentAt <= at) return record.intent;
  return record.before;
}

type Placed = Pick<AuditRecord, 'firewall' | 'group' | 'realm' | 'address'>;

/** Undefined for what is about no address, such as actions. */
function placeOf({ firewall, group, realm, address }: Placed): string | undefined {
  return realm === undefined ? undefined : JSON.stringify([firewall, group, realm, address]);
}

function named({ firewall = '', group = '', realm = '', address = '' }: Placed) {
  return { firewall, group, realm, address };
}

/** The ledger as it is, of everything that the subject may be about: by the configuration, by what left it, and by what changed lately. */
async function holdingsNow(
  { ports }: App,
  active: ActiveConfiguration,
  about: { subject: Subject; later: readonly AuditRecord[] },
): Promise<Holding[]> {
  const { subject, later } = about;
  const firewalls = new Set(Object.keys(active.configuration.firewalls));
  // Also of a firewall that is asked for by its name and is configured no more.
  if (subject.kind === 'firewall') firewalls.add(subject.firewall);
  const left = await leftPlaces(ports, active, [...firewalls]);
  const places = placesOf(active, subject, [...left, ...later.map(named)]);
  if (subject.kind === 'address') return addressNow({ ports }, active, { places, address: subject.address });
  const lists = await inParallel(places, 4, async ({ firewall, group }) => {
    const rows = await listLedger(ports.tables, firewall, group);
    return rows.map(({ realm, address, row }) => ({
      firewall,
      group,
      realm,
      address,
      was: imageOf(row),
      until: undefined,
    }));
  });
  return lists.flat();
}

async function addressNow(
  { ports }: Pick<App, 'ports'>,
  active: ActiveConfiguration,
  { places, address }: { places: readonly Place[]; address: string },
): Promise<Holding[]> {
  const realms = everyRealmOf(active);
  const all = places.flatMap(({ firewall, group }) =>
    realms.map((realm) => ({ firewall, group, realm, address })),
  );
  const keys = all.map(({ firewall, group, realm }) => ledgerKey(firewall, `${group}|${realm}|${address}`));
  const items = await ports.tables.read(keys);
  return all.flatMap((place, index) => {
    const item = items[index];
    return item ? [{ ...place, was: imageOf(readLedger(item)), until: undefined }] : [];
  });
}

interface Place {
  firewall: string;
  group: string;
}

function placesOf(active: ActiveConfiguration, subject: Subject, others: readonly Place[]): readonly Place[] {
  const configured = Object.values(active.configuration.groups).flatMap(({ name, publish }) =>
    publish.map(({ firewall }) => ({ firewall, group: name })),
  );
  const seen = others.filter(({ group }) => group !== '');
  const fits = ({ firewall, group }: Place): boolean => {
    if (subject.kind === 'group') return group === subject.group;
    return subject.kind === 'address' || firewall === subject.firewall;
  };
  const places = [...configured, ...seen].filter(fits).map(({ firewall, group }) => ({ firewall, group }));
  return [...new Map(places.map((place) => [`${place.firewall}|${place.group}`, place])).values()];
}

function byPlace(a: Holding, b: Holding): number {
  const [left, right] = [placeOf(a) ?? '', placeOf(b) ?? ''];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
