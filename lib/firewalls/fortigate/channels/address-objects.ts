import { ZonebridgeError, isZonebridgeError } from '../../../core/errors.ts';
import type { FormerMembers } from '../../../core/firewall.ts';
import type { AddressFamily } from '../../../core/model/address.ts';
import { addressFamily } from '../../../core/model/address.ts';
import type { FortigateClient } from '../client.ts';
import { row, table } from '../client.ts';
import { isDuplicate, isInUse, isMissing } from '../errors.ts';
import { addressName, addressOfName, addressPrefix } from '../names.ts';
import { addressObject, addressOfRow } from '../translate.ts';
import type { Marks } from '../../shared/marks.ts';
import { foreign } from '../../shared/marks.ts';
import { readRow, readTable, textOf } from './rows.ts';

/** The address objects that groups have as members: one per address, shared by all groups of the hub. */
export class AddressObjects {
  readonly #client: FortigateClient;
  readonly #marks: Marks;
  readonly #hub: string;
  /** What the address table held, until we write to it. */
  readonly #listed = new Map<AddressFamily, ReadonlyMap<string, string | undefined>>();

  constructor(client: FortigateClient, marks: Marks, hub: string) {
    this.#client = client;
    this.#marks = marks;
    this.#hub = hub;
  }

  name(address: string): string {
    return addressName(this.#hub, address);
  }

  /** Address that a member of a group stands for by its name, whatever the object holds now. */
  meant(name: string): string | undefined {
    return addressOfName(this.#hub, name);
  }

  /** Whether the object of an address still stands for it. */
  async isIntact(address: string): Promise<boolean> {
    const found = await readRow(this.#client, row(this.#path(address), this.name(address)));
    return found !== undefined && addressOfRow(found) === address;
  }

  /** Whether a member of a group is called like an address object of ours. */
  isNamedLikeOurs(name: string): boolean {
    return name.startsWith(addressPrefix(this.#hub));
  }

  /** Makes the object. One that exists is taken when it carries our mark, and put right when somebody edited it. True when it was there. */
  async ensure(address: string): Promise<boolean> {
    const name = this.name(address);
    const { table: addresses, fields } = addressObject(address);
    const path = table('firewall', addresses);
    this.forgetListed();
    try {
      await this.#client.post(path, { name, ...fields, comment: this.#marks.commentFor(name) });
      return false;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const found = await readRow(this.#client, row(path, name));
      if (!found) throw error;
      if (!this.#marks.isOurs(name, textOf(found, 'comment'))) throw foreign(name);
      if (addressOfRow(found) !== address) await this.#client.put(row(path, name), fields);
      return true;
    }
  }

  /** References to the object, or undefined when there is no object of ours (any more). */
  async references(address: string): Promise<number | undefined> {
    const name = this.name(address);
    const found = await readRow(this.#client, row(this.#path(address), name), { with_meta: 1 });
    if (!found || !this.#marks.isOurs(name, textOf(found, 'comment'))) return undefined;
    // Without the count the DELETE decides: the device refuses it while something refers to the object.
    return typeof found['q_ref'] === 'number' ? found['q_ref'] : 0;
  }

  /** Deletes an object that was just read as ours and unreferenced; one that got a reference meanwhile stays. */
  async delete(address: string): Promise<void> {
    this.forgetListed();
    try {
      await this.#client.delete(row(this.#path(address), this.name(address)));
    } catch (error) {
      if (isMissing(error) || isInUse(error)) return;
      if (!isZonebridgeError(error, 'firewall/outcome-unknown')) throw error;
      // The membership is gone for certain. Reading it back would not tell about this object, so it is looked at here.
      if ((await this.references(address)) === 0) throw notDeleted(error);
    }
  }

  /** Address by name of all objects called like ours; undefined where the object stands for something else. */
  async list(family: AddressFamily): Promise<ReadonlyMap<string, string | undefined>> {
    const known = this.#listed.get(family);
    if (known) return known;
    const [addresses, value] = family === 4 ? ['address', 'subnet'] : ['address6', 'ip6'];
    const rows = await readTable(this.#client, table('firewall', addresses), {
      filter: `name=@${addressPrefix(this.#hub)}`,
      format: `name|type|${value}`,
    });
    const listed = new Map(rows.map((found) => [found.name, addressOfRow(found)]));
    this.#listed.set(family, listed);
    return listed;
  }

  forgetListed(): void {
    this.#listed.clear();
  }

  /** What IPv4 address objects of anybody stand for; read as a whole table, because there may be as many as members. */
  async resolve(names: readonly string[]): Promise<FormerMembers> {
    if (names.length === 0) return { addresses: [], others: [] };
    const rows = await readTable(this.#client, table('firewall', 'address'), { format: 'name|type|subnet' });
    const known = new Map(rows.map((found) => [found.name, addressOfRow(found)]));
    const addresses = new Set(names.flatMap((name) => known.get(name) ?? []));
    return { addresses: [...addresses], others: names.filter((name) => known.get(name) === undefined) };
  }

  #path(address: string): string {
    return table('firewall', addressFamily(address) === 4 ? 'address' : 'address6');
  }
}

/** Certain again, so that the removal is repeated with all its steps. */
function notDeleted(cause: ZonebridgeError): ZonebridgeError {
  return new ZonebridgeError('firewall/busy', `${cause.message}; the address object is still there`, {
    cause,
  });
}
