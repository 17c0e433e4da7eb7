import type { GroupTarget } from '../../../lib/core/model/address-group.ts';
import type { StoredItem } from '../../../lib/core/ports.ts';
import { type Device, person } from '../firewall/device.ts';
import { type FirewallSpec, type GroupSpec, objectName } from '../plan/spec.ts';
import type { HubSide } from '../world.ts';

/** One group on one firewall, with everything that is known of it on every side. */
export interface Place {
  name: string;
  group: GroupSpec;
  target: GroupTarget;
  /** What the clusters say. */
  wanted: readonly string[];
  /** What the device holds, and whether the object is ours to fill. */
  members: readonly string[];
  isOurs: boolean;
  rows: readonly StoredItem[];
  objectRow: StoredItem | undefined;
}

export function placeOf(
  side: Pick<HubSide, 'hub' | 'truth'>,
  { firewall, group, device }: { firewall: FirewallSpec; group: GroupSpec; device: Device },
): Place | undefined {
  const target = group.publish.find((one) => one.firewall === firewall.name);
  if (!target) return undefined;
  const { hub, truth } = side;
  const object = device.objects.get(objectName(hub.spec.name, group));
  const stored = hub.tables.store
    .all('ledger')
    .filter(({ key }) => key.pk === `${firewall.name}|${group.name}`);
  const offered = object?.maker === person && object.comment.startsWith('zonebridge:offer');
  const made = object === undefined || object.maker === `${hub.spec.name}/${firewall.name}`;
  return {
    name: `${group.name} on ${firewall.name}`,
    group,
    target,
    wanted: truth.wanted(group, firewall.realms),
    members: [...(object?.members ?? [])].sort(),
    isOurs: target.create === 'own' ? made : offered,
    rows: stored.filter(({ key }) => key.sk !== '#object'),
    objectRow: stored.find(({ key }) => key.sk === '#object'),
  };
}

/** What is wrong there: members, ledger and counters all have to say what the clusters say. */
export function wrongAt(place: Place): string[] {
  if (place.target.mode === 'observe') return [];
  // Somebody else's object of this name: then it is theirs, and we say so.
  if (!place.isOurs) return notHeld(place);
  const found = [...membersWrong(place), ...ledgerWrong(place)];
  return found.map((text) => `${place.name}: ${text}`);
}

/** Members that nobody wants and that the ledger does not know: as far as we can tell a person put them there. */
export function foreignAt({ isOurs, members, wanted, rows }: Place): string[] {
  return isOurs ? members.filter((one) => !wanted.includes(one) && rowOf(rows, one) === undefined) : [];
}

function notHeld({ name, wanted, rows }: Place): string[] {
  const held = rows.filter(({ item }) => item['heldReason'] === 'foreign-object').length;
  return wanted.length > held ? [`${name}: object is foreign, ${wanted.length} wanted, ${held} held`] : [];
}

function membersWrong(place: Place): string[] {
  const { members, rows, target, wanted } = place;
  const found: string[] = [];
  const surplus = members.filter((one) => !wanted.includes(one));
  const wrong = surplus.filter((one) => target.onForeignAdd === 'remove' || rowOf(rows, one) !== undefined);
  if (wrong.length > 0 && target.mode === 'sync')
    found.push(`${wrong.map((one) => withRow(rows, one)).join(', ')} should not be there`);
  const missing = isFull(place) ? [] : wanted.filter((one) => !members.includes(one));
  if (missing.length > 0) found.push(`${missing.map((one) => withRow(rows, one)).join(', ')} missing`);
  return found;
}

function ledgerWrong(place: Place): string[] {
  const { objectRow, rows } = place;
  const waits = mayWait(place);
  const found = rows
    .filter(({ item }) => !waits.some((one) => one === item['heldReason']))
    .filter(
      ({ item }) =>
        item['state'] !== 'present' || item['heldReason'] !== undefined || item['failedCode'] !== undefined,
    )
    .map(({ key, item }) => `ledger row ${key.sk} is ${JSON.stringify(item)}`);
  const present = rows.filter(({ item }) => item['state'] === 'present').length;
  const { size = 0, held = 0 } = objectRow?.item ?? {};
  if (size !== present) found.push(`counted ${JSON.stringify(size)}, ledger holds ${present}`);
  if ((objectRow?.item['missing'] ?? 0) !== 0)
    found.push(`${JSON.stringify(objectRow?.item['missing'])} counted as given up`);
  if (held !== 0 && waits.length === 0) found.push(`${JSON.stringify(held)} counted as held`);
  return found;
}

/** Reasons for which changes of this group may wait for ever. */
function mayWait(place: Place): string[] {
  return [
    ...(place.target.mode === 'add-only' ? ['add-only'] : []),
    // A comparison in a closed time gives that as the reason instead.
    ...(isFull(place) ? ['max-members', 'frozen'] : []),
  ];
}

/** A full group takes no more: by what is wanted, or by what `add-only` leaves in it. */
function isFull({ group, members, target, wanted }: Place): boolean {
  const tooMany = wanted.length > group.maxMembers || target.mode === 'add-only';
  return tooMany && members.length >= group.maxMembers;
}

function rowOf(rows: readonly StoredItem[], address: string): StoredItem | undefined {
  return rows.find(({ key }) => key.sk?.endsWith(`|${address}`));
}

function withRow(rows: readonly StoredItem[], address: string): string {
  const row = rowOf(rows, address);
  return `${address} (ledger: ${row ? JSON.stringify(row.item) : 'nothing'})`;
}
