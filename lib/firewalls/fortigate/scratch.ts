import type { ConnectionRequest } from '../../core/firewall.ts';
import { FortigateClient, row, table } from './client.ts';
import { parseCredential } from './credential.ts';
import { refusalOf } from '../shared/refusal.ts';
import { isMissing } from './errors.ts';
import type { FortigateSettings } from './schema.ts';

type Request = ConnectionRequest<FortigateSettings>;

const resources = table('system', 'external-resource');
export const monitor = '/api/v2/monitor/system/external-resource';

export async function withClient<T>(
  request: Request,
  work: (client: FortigateClient) => Promise<T>,
): Promise<T> {
  const client = new FortigateClient({ ...request, credential: parseCredential(request.credential).token });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

export async function withFeed<T>(
  request: Request,
  name: string,
  entries: readonly string[],
  work: (client: FortigateClient, name: string) => Promise<T>,
): Promise<T> {
  return await withClient(request, async (client) => {
    try {
      await client.post(resources, { name, type: 'address', status: 'enable', 'update-method': 'push' });
      await client.post(`${monitor}/dynamic`, { commands: [{ name, command: 'add', entries }] });
      return await work(client, name);
    } finally {
      await removeRow(client, row(resources, name));
    }
  });
}

/** A row to be made: its table's path, and its fields. */
interface NewRow {
  table: string;
  fields: { name: string } & Record<string, unknown>;
}

/** Makes these rows one after the other, and takes them away again, the last one first. */
export async function withRows<T>(
  request: Request,
  rows: readonly NewRow[],
  work: (client: FortigateClient) => Promise<T>,
): Promise<T> {
  return await withClient(request, async (client) => {
    const made: NewRow[] = [];
    try {
      for (const one of rows) {
        made.unshift(one);
        await client.post(one.table, one.fields);
      }
      return await work(client);
    } finally {
      for (const one of made) await removeRow(client, row(one.table, one.fields.name));
    }
  });
}

export async function removeRow(client: FortigateClient, path: string): Promise<void> {
  const error = await refusalOf(() => client.delete(path));
  if (error !== undefined && !isMissing(error)) throw error;
}
