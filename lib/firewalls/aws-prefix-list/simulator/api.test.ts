import {
  CreateManagedPrefixListCommand,
  DeleteManagedPrefixListCommand,
  DescribeManagedPrefixListsCommand,
  EC2Client,
  type EC2ClientConfig,
  GetManagedPrefixListEntriesCommand,
  ModifyManagedPrefixListCommand,
  paginateGetManagedPrefixListEntries,
} from '@aws-sdk/client-ec2';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PrefixListSimulator, startPrefixListSimulator } from './index.ts';

let simulator: PrefixListSimulator;
let client: EC2Client;
let lists = 0;

/** The client of AWS as anybody uses it, with its own way over HTTPS; only the authority is told to it. */
async function clientWith(more: Partial<EC2ClientConfig> = {}): Promise<EC2Client> {
  const httpsAgent = new Agent({ ca: await readFile(simulator.caFile) });
  return new EC2Client({
    region: 'eu-central-1',
    endpoint: simulator.url,
    credentials: simulator.key,
    maxAttempts: 1,
    requestHandler: { httpsAgent },
    ...more,
  });
}

beforeAll(async () => {
  simulator = await startPrefixListSimulator();
  client = await clientWith();
});
afterAll(async () => {
  client.destroy();
  await simulator.stop();
});

const cidrs = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ Cidr: `10.0.${index >> 8}.${index & 255}/32` }));

async function made(MaxEntries: number): Promise<string> {
  const input = { PrefixListName: `list-${++lists}`, AddressFamily: 'IPv4', MaxEntries };
  const { PrefixList } = await client.send(new CreateManagedPrefixListCommand(input));
  expect(PrefixList).toMatchObject({ State: 'create-in-progress', Version: 1, OwnerId: '111122223333' });
  return PrefixList?.PrefixListId ?? '';
}

test('a life: made, changed, read in pages, kept in versions, deleted', async () => {
  const PrefixListId = await made(150);
  for (const [first, CurrentVersion] of [
    [0, 1],
    [100, 2],
  ] as const) {
    const AddEntries = cidrs(150).slice(first, first + 100);
    await client.send(new ModifyManagedPrefixListCommand({ PrefixListId, CurrentVersion, AddEntries }));
  }
  const found: string[] = [];
  for await (const { Entries = [] } of paginateGetManagedPrefixListEntries(
    { client, pageSize: 100 },
    { PrefixListId },
  ))
    found.push(...Entries.map(({ Cidr = '' }) => Cidr));
  expect(found.sort()).toEqual(
    cidrs(150)
      .map(({ Cidr }) => Cidr)
      .sort(),
  );
  const before = await client.send(
    new GetManagedPrefixListEntriesCommand({ PrefixListId, TargetVersion: 2, MaxResults: 100 }),
  );
  expect(before.Entries).toHaveLength(100);
  const deleted = await client.send(new DeleteManagedPrefixListCommand({ PrefixListId }));
  expect(deleted.PrefixList?.State).toBe('delete-in-progress');
  await expect(
    client.send(new DescribeManagedPrefixListsCommand({ PrefixListIds: [PrefixListId] })),
  ).rejects.toMatchObject({
    name: 'InvalidPrefixListID.NotFound',
  });
});

describe('what emulators let through and AWS refuses', () => {
  test.each([
    ['a version that is over', { CurrentVersion: 9, AddEntries: cidrs(1) }, 'PrefixListVersionMismatch'],
    ['more than 100 entries', { CurrentVersion: 1, AddEntries: cidrs(101) }, 'InvalidParameterValue'],
    [
      'more entries than it has room for',
      { CurrentVersion: 1, AddEntries: cidrs(6) },
      'PrefixListMaxEntriesExceeded',
    ],
    [
      'entries and size at once',
      { CurrentVersion: 1, AddEntries: cidrs(1), MaxEntries: 9 },
      'InvalidParameterCombination',
    ],
    [
      'an entry of the other family',
      { CurrentVersion: 1, AddEntries: [{ Cidr: 'fd00::/64' }] },
      'InvalidParameterValue',
    ],
    [
      'to remove what is not there',
      { CurrentVersion: 1, RemoveEntries: [{ Cidr: '10.9.9.9/32' }] },
      'InvalidPrefixListModification',
    ],
  ])('%s', async (_, change, name) => {
    const PrefixListId = await made(5);
    await expect(
      client.send(new ModifyManagedPrefixListCommand({ PrefixListId, ...change })),
    ).rejects.toMatchObject({ name });
  });

  test('an entry that is there with the same text; another text replaces it', async () => {
    const PrefixListId = await made(5);
    const add = (CurrentVersion: number, Description: string) =>
      client.send(
        new ModifyManagedPrefixListCommand({
          PrefixListId,
          CurrentVersion,
          AddEntries: [{ Cidr: '10.0.0.1/32', Description }],
        }),
      );
    await add(1, 'one');
    await expect(add(2, 'one')).rejects.toMatchObject({ name: 'InvalidPrefixListModification' });
    await add(2, 'two');
    const { Entries } = await client.send(new GetManagedPrefixListEntriesCommand({ PrefixListId }));
    expect(Entries).toEqual([{ Cidr: '10.0.0.1/32', Description: 'two' }]);
  });

  test('a second change while one is under way', async () => {
    const PrefixListId = await made(5);
    simulator.faults.add({ kind: 'slow', milliseconds: 600_000, times: 1 });
    const change = new ModifyManagedPrefixListCommand({
      PrefixListId,
      CurrentVersion: 1,
      AddEntries: cidrs(1),
    });
    expect((await client.send(change)).PrefixList?.State).toBe('modify-in-progress');
    await expect(client.send(change)).rejects.toMatchObject({ name: 'IncorrectState' });
  });

  test.each(['com.amazonaws.x', 'com.amazon.x', 'com.aws.x'])('the name %s', async (PrefixListName) => {
    const command = new CreateManagedPrefixListCommand({
      PrefixListName,
      AddressFamily: 'IPv4',
      MaxEntries: 1,
    });
    await expect(client.send(command)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('who may call', () => {
  const describeAll = new DescribeManagedPrefixListsCommand({});

  test.each([
    ['another key', { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' }, {}, 'AuthFailure'],
    ['another region', undefined, { region: 'eu-west-1' }, 'AuthFailure'],
  ])('not %s', async (_, credentials, more, name) => {
    const other = await clientWith({ ...(credentials ? { credentials } : {}), ...more });
    await expect(other.send(describeAll)).rejects.toMatchObject({ name });
    other.destroy();
  });

  test('not who signs with another secret', async () => {
    const other = await clientWith({ credentials: { ...simulator.key, secretAccessKey: 'wrong' } });
    await expect(other.send(describeAll)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    other.destroy();
  });

  test('not whose clock is an hour off', async () => {
    const other = await clientWith({ systemClockOffset: 3_600_000 });
    await expect(other.send(describeAll)).rejects.toMatchObject({ name: 'RequestExpired' });
    other.destroy();
  });
});
