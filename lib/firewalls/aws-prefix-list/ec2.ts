import {
  CreateManagedPrefixListCommand,
  DeleteManagedPrefixListCommand,
  DescribeManagedPrefixListsCommand,
  type DescribeManagedPrefixListsCommandInput,
  EC2Client,
  GetManagedPrefixListAssociationsCommand,
  GetManagedPrefixListEntriesCommand,
  ModifyManagedPrefixListCommand,
} from '@aws-sdk/client-ec2';
import { ZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, DeviceCertificate, DeviceIdentity } from '../../core/firewall.ts';
import type { AddressFamily } from '../../core/model/address.ts';
import { admit } from '../shared/admission.ts';
import { repeatRead } from '../shared/repeat-read.ts';
import { callError } from './errors.ts';
import { SharedTransport } from './handler.ts';
import { type PrefixList, prefixListOf } from './prefix-list.ts';
import type { PrefixListSettings } from './schema.ts';

/** Most entries that one call adds, and most that it removes (EC2 API reference, ModifyManagedPrefixList). */
export const entriesPerCall = 100;
/** More pages than any list or account has. */
const pagesMost = 100;
/** Version of the API; EC2 tells no other. */
const apiVersion = '2016-11-15';

/** What a change of entries is. */
export interface EntryChange {
  /** CIDRs, with the text that each is stored with. */
  add: readonly string[];
  remove: readonly string[];
  description: string;
}

/** The calls of EC2 that concern prefix lists of one account and region: counted, within deadline and budget; only reads are repeated. */
export class Ec2 {
  readonly settings: PrefixListSettings;
  readonly #request: ConnectionRequest<PrefixListSettings>;
  readonly #transport: SharedTransport;
  readonly #client: EC2Client;
  readonly #calls = { calls: 0, writes: 0 };
  #identity: DeviceIdentity | undefined;

  constructor(request: ConnectionRequest<PrefixListSettings>) {
    const { region, address, port } = request.settings;
    this.#request = request;
    this.settings = request.settings;
    this.#transport = new SharedTransport(request.settings, request.clock);
    const host = address?.includes(':') ? `[${address}]` : address;
    this.#client = new EC2Client({
      region,
      // What fails is repeated by us, who know what may be.
      maxAttempts: 1,
      requestHandler: this.#transport,
      ...(host === undefined ? {} : { endpoint: `https://${host}:${port}` }),
    });
  }

  lastIdentity(): DeviceIdentity | undefined {
    return this.#identity;
  }

  get certificate(): DeviceCertificate | undefined {
    return this.#transport.certificate;
  }

  usage(): { calls: number; writes: number; bytesSent: number; bytesReceived: number } {
    return { ...this.#calls, bytesSent: this.#transport.sent, bytesReceived: this.#transport.received };
  }

  close(): void {
    this.#transport.close();
    this.#client.destroy();
  }

  /** The smallest question: whether lists may be seen. */
  async look(): Promise<void> {
    await this.lists(['zonebridge']);
  }

  /** Lists of the account, by their names, or all. A page that is missing throws. */
  async lists(names?: readonly string[]): Promise<PrefixList[]> {
    // Filters of the EC2 API reference; there is none for tags. Lists that others share with the account are left out.
    const owner = { Name: 'owner-id', Values: [this.settings.account] };
    const byName = names === undefined ? [] : [{ Name: 'prefix-list-name', Values: names.map(exactly) }];
    const found = await this.#describe({ Filters: [owner, ...byName], MaxResults: 100 });
    return found.filter(
      (list) => list.owner === this.settings.account && (names?.includes(list.name) ?? true),
    );
  }

  /** The list with this id; undefined when there is none. */
  async list(id: string): Promise<PrefixList | undefined> {
    const found = await this.#describe({
      Filters: [{ Name: 'prefix-list-id', Values: [id] }],
      MaxResults: 100,
    });
    return found.find((list) => list.id === id);
  }

  async #describe(input: DescribeManagedPrefixListsCommandInput): Promise<PrefixList[]> {
    const found = await this.#pages('DescribeManagedPrefixLists', async (NextToken, send) => {
      const page = await send(new DescribeManagedPrefixListsCommand({ ...input, NextToken }));
      return { items: page.PrefixLists, next: page.NextToken };
    });
    this.#identity = { serial: `${this.settings.account}/${this.settings.region}`, version: apiVersion };
    return found.map(prefixListOf);
  }

  /** CIDRs of a version of a list. A version stays as it is, so that its pages fit together. */
  async entries({ id, version }: Pick<PrefixList, 'id' | 'version'>): Promise<string[]> {
    const found = await this.#pages('GetManagedPrefixListEntries', async (NextToken, send) => {
      const input = { PrefixListId: id, TargetVersion: version, MaxResults: 100, NextToken };
      const page = await send(new GetManagedPrefixListEntriesCommand(input));
      return { items: page.Entries, next: page.NextToken };
    });
    return found.map(({ Cidr }) => {
      if (Cidr) return Cidr;
      throw unexpected('an entry without CIDR');
    });
  }

  /** Resources that use a list, and who owns them. */
  async associations(id: string): Promise<{ resource: string; owner: string }[]> {
    const found = await this.#pages('GetManagedPrefixListAssociations', async (NextToken, send) => {
      const input = { PrefixListId: id, MaxResults: 100, NextToken };
      const page = await send(new GetManagedPrefixListAssociationsCommand(input));
      return { items: page.PrefixListAssociations, next: page.NextToken };
    });
    return found.map(({ ResourceId: resource = '', ResourceOwner: owner = '' }) => ({ resource, owner }));
  }

  /** Makes an empty list. The same `token` makes no second one. */
  async create(list: {
    name: string;
    family: AddressFamily;
    maxEntries: number;
    tags: Readonly<Record<string, string>>;
    token: string;
  }): Promise<PrefixList> {
    const command = new CreateManagedPrefixListCommand({
      PrefixListName: list.name,
      AddressFamily: `IPv${list.family}`,
      MaxEntries: list.maxEntries,
      ClientToken: list.token,
      TagSpecifications: [
        {
          ResourceType: 'prefix-list',
          Tags: Object.entries(list.tags).map(([Key, Value]) => ({ Key, Value })),
        },
      ],
    });
    const { PrefixList } = await this.#write('CreateManagedPrefixList', (send) => send(command));
    return prefixListOf(PrefixList ?? {});
  }

  /** Begins to change entries; refused when the list has another version by now. */
  async changeEntries(
    { id, version }: Pick<PrefixList, 'id' | 'version'>,
    change: EntryChange,
  ): Promise<void> {
    const command = new ModifyManagedPrefixListCommand({
      PrefixListId: id,
      CurrentVersion: version,
      AddEntries: change.add.map((Cidr) => ({ Cidr, Description: change.description })),
      RemoveEntries: change.remove.map((Cidr) => ({ Cidr })),
    });
    await this.#write('ModifyManagedPrefixList', (send) => send(command));
  }

  /** Begins to change the size: a call of its own, as EC2 wants it. */
  async resize({ id, version }: Pick<PrefixList, 'id' | 'version'>, MaxEntries: number): Promise<void> {
    const command = new ModifyManagedPrefixListCommand({
      PrefixListId: id,
      CurrentVersion: version,
      MaxEntries,
    });
    await this.#write('ModifyManagedPrefixList', (send) => send(command));
  }

  /** Begins to delete a list. */
  async delete(id: string): Promise<void> {
    const command = new DeleteManagedPrefixListCommand({ PrefixListId: id });
    await this.#write('DeleteManagedPrefixList', (send) => send(command));
  }

  async #pages<Item>(
    action: string,
    ask: (
      token: string | undefined,
      send: EC2Client['send'],
    ) => Promise<{ items: Item[] | undefined; next: string | undefined }>,
  ): Promise<Item[]> {
    const found: Item[] = [];
    let token: string | undefined;
    for (let pages = 1; ; pages++) {
      const { items, next } = await repeatRead(this.#request.clock, async () => {
        const page = await this.#call(action, false, (send) => ask(token, send));
        // An answer without the list that was asked for is no answer.
        if (!page.items) throw unexpected(`the answer to ${action} without its list`);
        return { items: page.items, next: page.next };
      });
      found.push(...items);
      token = next || undefined;
      if (token === undefined) return found;
      if (pages >= pagesMost) throw unexpected(`${action} without a last page`);
    }
  }

  async #write<Result>(
    action: string,
    send: (client: EC2Client['send']) => Promise<Result>,
  ): Promise<Result> {
    return await this.#call(action, true, send);
  }

  async #call<Result>(
    action: string,
    write: boolean,
    ask: (send: EC2Client['send']) => Promise<Result>,
  ): Promise<Result> {
    const requestTimeout = await admit(this.#request, action, this.settings.timeoutMs);
    this.#calls.calls += 1;
    this.#calls.writes += Number(write);
    const send = ((command: Parameters<EC2Client['send']>[0]) =>
      this.#client.send(command, { requestTimeout })) as EC2Client['send'];
    try {
      return await ask(send);
    } catch (error) {
      throw callError(error, action, write);
    }
  }
}

/** EC2 takes * and ? in filters for wildcards, unless they are escaped. */
function exactly(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}

function unexpected(what: string): ZonebridgeError {
  return new ZonebridgeError('firewall/unexpected-answer', `EC2 sent ${what}`);
}
