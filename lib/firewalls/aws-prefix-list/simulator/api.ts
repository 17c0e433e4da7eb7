import type { ApiAnswer, ApiRequest } from '../../../simulators/http.ts';
import type { Active } from '../../../simulators/frame.ts';
import { changed, checkFamily, entriesIn } from './entries.ts';
import type { Fault } from './faults.ts';
import { Parameters } from './parameters.ts';
import { Refusal } from './refusal.ts';
import type { Region } from './region.ts';
import { checkSignature, type Key } from './signature.ts';
import type { StoredList } from './stored-list.ts';
import { type Element, errorAnswer, xmlAnswer } from './xml.ts';

export interface Service {
  region: Region;
  key: Key;
  /** Copies for `stale` faults, by fault id. */
  frozen: ReadonlyMap<string, Region>;
}

interface Call {
  region: Region;
  parameters: Parameters;
  now: number;
  faults: readonly Fault[];
}

const actions: Readonly<Record<string, (call: Call) => { readonly [name: string]: Element }>> = {
  DescribeManagedPrefixLists: describe,
  GetManagedPrefixListEntries: getEntries,
  GetManagedPrefixListAssociations: getAssociations,
  CreateManagedPrefixList: create,
  ModifyManagedPrefixList: modify,
  DeleteManagedPrefixList: remove,
};

/** All calls go to one path: what tells them apart is the action, as `/<Action>`. */
export function urlOf(request: ApiRequest): string {
  return `/${new Parameters(request.body).action.replaceAll(/\W/g, '')}`;
}

/** Whether a call, by its `urlOf`, changes nothing. */
export function isRead(url: string): boolean {
  return /^\/(Describe|Get)/.test(url);
}

/** Answers a request to EC2 under the faults that hit it. */
export function answerApi(
  request: ApiRequest,
  service: Service,
  faults: readonly Active<Fault>[],
): ApiAnswer {
  const now = Date.now();
  try {
    const region = faults.reduce(
      (found, { kind, id }) => (kind === 'stale' ? (service.frozen.get(id) ?? found) : found),
      service.region,
    );
    checkSignature(request, { key: service.key, region: region.settings.region, now });
    for (const fault of faults) refuse(fault);
    const parameters = new Parameters(request.body);
    const action = Object.hasOwn(actions, parameters.action) ? actions[parameters.action] : undefined;
    if (!action)
      throw new Refusal(
        'InvalidAction',
        `The action ${parameters.action} is not valid for this web service.`,
      );
    if (parameters.text('Version') !== '2016-11-15')
      throw new Refusal('InvalidParameterValue', 'Unknown API version');
    if (parameters.text('DryRun') === 'true')
      throw new Refusal('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
    return xmlAnswer(parameters.action, action({ region, parameters, now, faults }));
  } catch (error) {
    if (error instanceof Refusal) return errorAnswer(error.status, error.code, error.message);
    throw error;
  }
}

function refuse(fault: Fault): void {
  if (fault.kind === 'reject') throw new Refusal(fault.code, fault.message, fault.status);
  if (fault.kind === 'unauthorized')
    throw new Refusal('AuthFailure', 'AWS was not able to validate the provided access credentials', 401);
  if (fault.kind === 'forbidden')
    throw new Refusal('UnauthorizedOperation', 'You are not authorized to perform this operation.', 403);
  if (fault.kind === 'request-limit')
    throw new Refusal('RequestLimitExceeded', 'Request limit exceeded.', 503);
}

/** A page of at most `MaxResults`, at most 100 unless told otherwise; the token is the place where the next one begins. */
function page<T>(
  items: readonly T[],
  { parameters }: Call,
): { items: readonly T[]; nextToken: string | undefined } {
  const size = parameters.number('MaxResults') ?? 100;
  if (size < 1 || size > 255)
    throw new Refusal('InvalidParameterValue', `Value (${size}) for parameter MaxResults is invalid.`);
  const first = parameters.number('NextToken') ?? 0;
  const next = first + size;
  return { items: items.slice(first, next), nextToken: next < items.length ? String(next) : undefined };
}

function describe(call: Call): { readonly [name: string]: Element } {
  const { region, parameters, now } = call;
  const ids = parameters.list('PrefixListId');
  const lists = ids.length > 0 ? ids.map((id) => region.list(id, now)) : region.lists(now);
  const filters = parameters
    .groups('Filter', 'Name')
    .map(({ field, list }) => ({ name: field('Name') ?? '', values: list('Value') }));
  const found = page(
    lists.filter((list) => filters.every((filter) => fits(list, filter))),
    call,
  );
  return { nextToken: found.nextToken, prefixListSet: found.items.map((list) => shown(list, region)) };
}

function fits(list: StoredList, { name, values }: { name: string; values: readonly string[] }): boolean {
  switch (name) {
    case 'prefix-list-id':
      return values.includes(list.id);
    case 'prefix-list-name':
      return values.includes(list.name);
    case 'owner-id':
      return values.includes(list.owner);
    default:
      throw new Refusal('InvalidParameterValue', `The filter '${name}' is invalid`);
  }
}

function shown(list: StoredList, { settings }: Region): Element {
  return {
    prefixListId: list.id,
    addressFamily: `IPv${list.family}`,
    state: list.state,
    stateMessage: list.stateMessage,
    prefixListArn: `arn:aws:ec2:${settings.region}:${list.owner}:prefix-list/${list.id}`,
    prefixListName: list.name,
    maxEntries: list.maxEntries,
    version: list.version,
    tagSet: [...list.tags].map(([key, value]) => ({ key, value })),
    ownerId: list.owner,
    ipamPrefixListResolverSyncEnabled: list.ipam ? true : undefined,
  };
}

function getEntries(call: Call): { readonly [name: string]: Element } {
  const { region, parameters, now } = call;
  const list = region.list(parameters.required('PrefixListId'), now);
  const found = page(list.entries(parameters.number('TargetVersion') ?? list.version), call);
  return {
    entrySet: found.items.map(({ cidr, description }) => ({ cidr, description })),
    nextToken: found.nextToken,
  };
}

function getAssociations(call: Call): { readonly [name: string]: Element } {
  const { region, parameters, now } = call;
  const { id } = region.list(parameters.required('PrefixListId'), now);
  const found = page(
    region.associations.filter(({ list }) => list === id),
    call,
  );
  return {
    prefixListAssociationSet: found.items.map(({ resourceId, resourceOwner }) => ({
      resourceId,
      resourceOwner,
    })),
    nextToken: found.nextToken,
  };
}

function create({ region, parameters, now }: Call): { readonly [name: string]: Element } {
  const name = checkedName(parameters.required('PrefixListName'));
  const word = parameters.required('AddressFamily');
  if (word !== 'IPv4' && word !== 'IPv6')
    throw new Refusal('InvalidParameterValue', `Invalid value '${word}' for AddressFamily`);
  const family = word === 'IPv4' ? 4 : 6;
  const maxEntries = checkedSize(parameters.number('MaxEntries') ?? 0, region);
  const tags = parameters
    .groups('TagSpecification', 'ResourceType')
    .flatMap(({ place }) => parameters.groups(`${place}.Tag`, 'Key'))
    .map(({ field }) => [field('Key') ?? '', field('Value') ?? ''] as const);
  const entries = entriesIn(parameters, 'Entry');
  for (const { cidr } of entries) checkFamily({ family }, cidr);
  if (entries.length > maxEntries) throw tooMany(maxEntries);
  const list = region.create(
    { name, family, maxEntries, tags: new Map(tags) },
    { token: parameters.text('ClientToken'), entries, now },
  );
  return { prefixList: shown(list, region) };
}

function modify({ region, parameters, now, faults }: Call): { readonly [name: string]: Element } {
  const list = region.list(parameters.required('PrefixListId'), now);
  const given = parameters.number('CurrentVersion');
  const [add, remove] = [entriesIn(parameters, 'AddEntry'), entriesIn(parameters, 'RemoveEntry')];
  const size = parameters.number('MaxEntries');
  const name = parameters.text('PrefixListName');
  list.checkIdle();
  if (list.ipam)
    throw new Refusal('UnsupportedOperation', `The prefix list (${list.id}) is managed by IPAM.`);
  if (size !== undefined && add.length + remove.length > 0)
    throw new Refusal(
      'InvalidParameterCombination',
      'You cannot modify the entries and the maximum entries for the prefix list in the same request.',
    );
  if (given !== undefined && given !== list.version)
    throw new Refusal('PrefixListVersionMismatch', 'The prefix list has the incorrect version number.');
  const entries = changed(list, add, remove);
  // Assumption: the size counts for what is there afterwards, removals first.
  if (entries.length > list.maxEntries || (region.settings.closed && add.length > 0))
    throw tooMany(list.maxEntries);
  if (size !== undefined && checkedSize(size, region) < entries.length) throw tooMany(size);
  if (name !== undefined) list.name = checkedName(name);
  region.change(
    list,
    {
      word: 'modify',
      fails: failureIn(faults) ?? (size === undefined ? undefined : region.withoutRoom(list, size)),
      done: () => {
        if (size !== undefined) list.maxEntries = size;
        if (add.length + remove.length > 0) list.next(entries);
      },
    },
    { now, ms: slowness(faults) },
  );
  return { prefixList: shown(list, region) };
}

/** A list in use is not deleted: seen in reports of users as the state `delete-failed`. */
function remove({ region, parameters, now, faults }: Call): { readonly [name: string]: Element } {
  const list = region.list(parameters.required('PrefixListId'), now);
  list.checkIdle();
  const used = region.associations.some(({ list: id }) => id === list.id);
  const fails = failureIn(faults) ?? (used ? 'The prefix list is in use.' : undefined);
  region.change(list, { word: 'delete', fails, done: () => undefined }, { now, ms: slowness(faults) });
  return { prefixList: shown(list, region) };
}

function failureIn(faults: readonly Fault[]): string | undefined {
  return faults.find((fault) => fault.kind === 'change-fails')?.message;
}

function slowness(faults: readonly Fault[]): number | undefined {
  return faults.find((fault) => fault.kind === 'slow')?.milliseconds;
}

/** The three beginnings were tried on AWS by a user (floci-io/floci#2273). */
function checkedName(name: string): string {
  if (/^com\.(amazonaws|amazon|aws)\./.test(name))
    throw new Refusal(
      'InvalidParameterValue',
      'The prefix list name cannot begin with (com.amazonaws., com.amazon., com.aws.).',
    );
  if (name.length > 255)
    throw new Refusal('InvalidParameterValue', 'The prefix list name exceeds 255 characters.');
  return name;
}

function checkedSize(size: number, { settings }: Region): number {
  if (size >= 1 && size <= settings.limits.entries) return size;
  throw new Refusal(
    'InvalidParameterValue',
    `Must specify a max size between 1 and ${settings.limits.entries}`,
  );
}

/** Assumption: the words of the message; the code is handled by public clients. */
function tooMany(size: number): Refusal {
  return new Refusal(
    'PrefixListMaxEntriesExceeded',
    `The prefix list exceeds its maximum of ${size} entries.`,
  );
}
