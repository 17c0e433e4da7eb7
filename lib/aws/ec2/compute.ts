import {
  carries,
  type Compute,
  type Instance,
  type NetworkInterface,
  type TagFilter,
} from '../../core/compute.ts';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { Ec2Query } from './query.ts';
import { all, type Element, textAt } from './xml.ts';

/** Most of a page (EC2 API reference: DescribeInstances and DescribeNetworkInterfaces take 5 to 1,000). */
const pageSize = 1_000;
/** More pages than any account has; an answer that never ends must not be followed for ever. */
const pagesMost = 1_000;

/** Instances and network interfaces of one account and region, over the API of EC2. */
export class Ec2Compute implements Compute {
  readonly #query: Ec2Query;

  constructor(query: Ec2Query) {
    this.#query = query;
  }

  async instances(tags: TagFilter): Promise<Instance[]> {
    const pages = await this.#pages('DescribeInstances', filters(tagFilters(tags)));
    // Filtered here as well: an answer without the filter must not make us take others for these.
    return pages.flatMap(instancesIn).filter((instance) => carries(instance.tags, tags));
  }

  async instance(id: string): Promise<Instance | undefined> {
    try {
      const answer = await this.#query.call('DescribeInstances', { 'InstanceId.1': id });
      return instancesIn(answer).find((instance) => instance.id === id);
    } catch (error) {
      if (isZonebridgeError(error, 'host/refused') && error.fields['reason'] === 'InvalidInstanceID.NotFound')
        return undefined;
      throw error;
    }
  }

  async interfaces(description: { is: string } | { begins: string }): Promise<NetworkInterface[]> {
    const value = 'is' in description ? exactly(description.is) : `${exactly(description.begins)}*`;
    const pages = await this.#pages('DescribeNetworkInterfaces', filters([['description', [value]]]));
    return pages
      .flatMap((page) => all(page, 'networkInterfaceSet/item').map(interfaceIn))
      .filter((one) =>
        'is' in description
          ? one.description === description.is
          : one.description.startsWith(description.begins),
      );
  }

  /** Every page; one that fails midway makes the whole listing fail. */
  async #pages(action: string, values: Record<string, string>): Promise<Element[]> {
    const pages: Element[] = [];
    let next: string | undefined;
    do {
      const token: Record<string, string> = next === undefined ? {} : { NextToken: next };
      const page = await this.#query.call(action, { ...values, MaxResults: String(pageSize), ...token });
      pages.push(page);
      next = textAt(page, 'nextToken') || undefined;
      if (pages.length > pagesMost)
        throw new ZonebridgeError('store/unavailable', `${action} of EC2 has no last page`);
    } while (next !== undefined);
    return pages;
  }
}

function tagFilters(tags: TagFilter): [string, readonly string[]][] {
  return Object.entries(tags).map(([key, values]) =>
    values.includes('*') ? ['tag-key', [exactly(key)]] : [`tag:${key}`, values.map(exactly)],
  );
}

/** EC2 takes * and ? in filters for wildcards, unless they are escaped. */
function exactly(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}

function filters(named: readonly [string, readonly string[]][]): Record<string, string> {
  const entries = named.flatMap(([name, values], index): [string, string][] => [
    [`Filter.${index + 1}.Name`, name],
    ...values.map((value, at): [string, string] => [`Filter.${index + 1}.Value.${at + 1}`, value]),
  ]);
  return Object.fromEntries(entries);
}

function instancesIn(page: Element): Instance[] {
  return all(page, 'reservationSet/item/instancesSet/item').map((item) => ({
    id: required(item, 'instanceId'),
    state: required(item, 'instanceState/name'),
    tags: Object.fromEntries(
      all(item, 'tagSet/item').map((tag) => [
        all(tag, 'key')[0]?.text ?? '',
        all(tag, 'value')[0]?.text ?? '',
      ]),
    ),
    addresses: ownAddresses(item),
  }));
}

/** Secondary private addresses are left out: on nodes of a cluster they belong to pods. */
function ownAddresses(item: Element): string[] {
  const interfaces = all(item, 'networkInterfaceSet/item');
  const primary = [
    textAt(item, 'privateIpAddress'),
    ...interfaces.map((one) => textAt(one, 'privateIpAddress')),
  ];
  const v6 = interfaces.flatMap((one) =>
    all(one, 'ipv6AddressesSet/item').map((own) => textAt(own, 'ipv6Address')),
  );
  return [...new Set([...primary, ...v6].flatMap((address) => address || []))];
}

function interfaceIn(item: Element): NetworkInterface {
  const found = [
    textAt(item, 'privateIpAddress'),
    ...all(item, 'privateIpAddressesSet/item').map((one) => textAt(one, 'privateIpAddress')),
    ...all(item, 'ipv6AddressesSet/item').map((one) => textAt(one, 'ipv6Address')),
  ];
  return {
    description: textAt(item, 'description') ?? '',
    status: textAt(item, 'status') ?? '',
    addresses: [...new Set(found.flatMap((address) => address || []))],
  };
}

function required(item: Element, path: string): string {
  const text = textAt(item, path);
  if (text) return text;
  throw new ZonebridgeError('store/unavailable', `the answer of EC2 has an entry without ${path}`);
}
