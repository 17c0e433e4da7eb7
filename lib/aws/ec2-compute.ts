import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  type EC2Client,
  type Filter,
  type Instance as Ec2Instance,
  type NetworkInterface as Ec2Interface,
} from '@aws-sdk/client-ec2';
import {
  carries,
  type Compute,
  type Instance,
  type NetworkInterface,
  type TagFilter,
} from '../core/compute.ts';
import { ZonebridgeError } from '../core/errors.ts';
import { errorName, translate } from './service-errors.ts';

/** Most of a page (EC2 API reference: DescribeInstances and DescribeNetworkInterfaces take 5 to 1,000). */
const MaxResults = 1_000;
/** More pages than any account has; an answer that never ends must not be followed for ever. */
const pagesMost = 1_000;

/** Instances and network interfaces of one account and region, over the API of EC2. */
export class Ec2Compute implements Compute {
  readonly #client: EC2Client;

  constructor(client: EC2Client) {
    this.#client = client;
  }

  async instances(tags: TagFilter): Promise<Instance[]> {
    const Filters = tagFilters(tags);
    const found = await everyPage('DescribeInstances', async (NextToken) => {
      const page = await this.#client.send(new DescribeInstancesCommand({ Filters, MaxResults, NextToken }));
      const reservations = listed('DescribeInstances', page.Reservations);
      return { items: reservations.flatMap((one) => one.Instances ?? []), next: page.NextToken };
    });
    // Filtered here as well: an answer without the filter must not make us take others for these.
    return found.map(toInstance).filter((instance) => carries(instance.tags, tags));
  }

  async instance(id: string): Promise<Instance | undefined> {
    return told('DescribeInstances', async () => {
      try {
        const { Reservations } = await this.#client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
        const found = listed('DescribeInstances', Reservations).flatMap((one) => one.Instances ?? []);
        return found.map(toInstance).find((instance) => instance.id === id);
      } catch (error) {
        if (errorName(error) === 'InvalidInstanceID.NotFound') return undefined;
        throw error;
      }
    });
  }

  async interfaces(description: { is: string } | { begins: string }): Promise<NetworkInterface[]> {
    const value = 'is' in description ? exactly(description.is) : `${exactly(description.begins)}*`;
    const Filters = [{ Name: 'description', Values: [value] }];
    const found = await everyPage('DescribeNetworkInterfaces', async (NextToken) => {
      const page = await this.#client.send(
        new DescribeNetworkInterfacesCommand({ Filters, MaxResults, NextToken }),
      );
      return {
        items: listed('DescribeNetworkInterfaces', page.NetworkInterfaces),
        next: page.NextToken,
      };
    });
    return found
      .map(toInterface)
      .filter((one) =>
        'is' in description
          ? one.description === description.is
          : one.description.startsWith(description.begins),
      );
  }
}

/** Every page; one that fails midway makes the whole listing fail. */
async function everyPage<T>(
  action: string,
  ask: (token: string | undefined) => Promise<{ items: T[]; next: string | undefined }>,
): Promise<T[]> {
  const found: T[] = [];
  let token: string | undefined;
  for (let pages = 1; ; pages++) {
    const { items, next } = await told(action, () => ask(token));
    found.push(...items);
    token = next || undefined;
    if (token === undefined) return found;
    if (pages >= pagesMost)
      throw new ZonebridgeError('store/unavailable', `${action} of EC2 has no last page`);
  }
}

/** An answer without the list that was asked for is no answer: nothing must leave for it. */
function listed<T>(action: string, list: T[] | undefined): T[] {
  if (list) return list;
  throw new ZonebridgeError('store/unavailable', `the answer of EC2 to ${action} holds no list`);
}

/** Codes of the EC2 API reference (common client errors). */
const denied =
  /^(UnauthorizedOperation|AccessDenied|AuthFailure|InvalidClientTokenId|SignatureDoesNotMatch|RequestExpired|OptInRequired)/;

/** Throws `store/unavailable` when EC2 was not reached or is overloaded, `host/access-denied` when it refuses us, `host/refused` else. */
async function told<T>(action: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ZonebridgeError) throw error;
    const known = translate(error, 'EC2');
    if (known instanceof ZonebridgeError) throw known;
    const name = errorName(error);
    const says = error instanceof Error ? error.message.slice(0, 400) : '';
    // No refusal of a service: an answer that cannot be read.
    if (!(error instanceof Error && '$fault' in error))
      throw new ZonebridgeError('store/unavailable', `${action} of EC2: ${name}: ${says}`, { cause: error });
    throw new ZonebridgeError(
      denied.test(name) ? 'host/access-denied' : 'host/refused',
      `EC2 refuses ${action}: ${name}: ${says}`,
      { cause: error, fields: { reason: name } },
    );
  }
}

function tagFilters(tags: TagFilter): Filter[] {
  return Object.entries(tags).map(([key, values]) =>
    values.includes('*')
      ? { Name: 'tag-key', Values: [exactly(key)] }
      : { Name: `tag:${key}`, Values: values.map(exactly) },
  );
}

/** EC2 takes * and ? in filters for wildcards, unless they are escaped. */
function exactly(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}

function toInstance(instance: Ec2Instance): Instance {
  const { InstanceId: id, State: { Name: state } = {}, Tags = [] } = instance;
  if (!id || !state)
    throw new ZonebridgeError('store/unavailable', 'the answer of EC2 has an instance without id or state');
  const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  return { id, state, tags, addresses: ownAddresses(instance) };
}

/** Secondary private addresses are left out: on nodes of a cluster they belong to pods. */
function ownAddresses({ PrivateIpAddress, NetworkInterfaces = [] }: Ec2Instance): string[] {
  const primary = [PrivateIpAddress, ...NetworkInterfaces.map((one) => one.PrivateIpAddress)];
  const v6 = NetworkInterfaces.flatMap(({ Ipv6Addresses = [] }) =>
    Ipv6Addresses.map((own) => own.Ipv6Address),
  );
  return some([...primary, ...v6]);
}

function toInterface(one: Ec2Interface): NetworkInterface {
  const { Description = '', Status = '', PrivateIpAddresses = [], Ipv6Addresses = [] } = one;
  const addresses = some([
    one.PrivateIpAddress,
    ...PrivateIpAddresses.map((own) => own.PrivateIpAddress),
    ...Ipv6Addresses.map((own) => own.Ipv6Address),
  ]);
  const publicAddresses = some([
    one.Association?.PublicIp,
    ...PrivateIpAddresses.map((own) => own.Association?.PublicIp),
  ]);
  // EC2 API reference, NetworkInterface: RequesterManaged says whether AWS manages it. Assumption: it is set for every interface of a load balancer.
  const managed = one.RequesterManaged === true;
  return { description: Description, status: Status, managed, addresses, publicAddresses };
}

/** What is there, each once. */
function some(addresses: readonly (string | undefined)[]): string[] {
  return [...new Set(addresses.flatMap((address) => address || []))];
}
