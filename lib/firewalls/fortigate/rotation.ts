import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { KeyRequest } from '../../core/firewall.ts';
import { FortigateClient, row, table } from './client.ts';
import { formatCredential, parseCredential } from './credential.ts';
import type { FortigateSettings } from './schema.ts';

type Request = KeyRequest<FortigateSettings>;

const users = table('system', 'api-user');

/** What decides the rights of an API administrator. */
const apiUser = z.looseObject({
  accprofile: z.string(),
  vdom: z.array(z.looseObject({ name: z.string() })).default([]),
  trusthost: z
    .array(
      z.looseObject({ 'ipv4-trusthost': z.string().default(''), 'ipv6-trusthost': z.string().default('') }),
    )
    .default([]),
  schedule: z.string().default(''),
  'peer-auth': z.string().default(''),
  'peer-group': z.string().default(''),
});

const generated = z.looseObject({ access_token: z.string().min(8) });

/**
 * Has a key made for the API administrator whose turn it is. An administrator has one key, so a new one replaces it at once
 * (assumption: `api-key` is one field of the object); that of the other, which is in use, stays valid. The two must have the same
 * rights, because a key that can only read would pass every test that does no harm.
 */
export async function createKey(request: Request, current: string): Promise<string> {
  const { inUse, free } = turn(request, current);
  return withClient(request, async (client) => {
    const [one, other] = [await rightsOf(client, inUse), await rightsOf(client, free)];
    if (one !== other)
      throw notPossible(request, `API administrators ${inUse} and ${free} differ: ${one} and ${other}`);
    return formatCredential(free, await generate(client, request, free));
  });
}

/** A new key that nobody keeps: FortiOS has no call that only takes one away. */
export async function revokeKey(
  request: Request,
  { former, current }: { former: string; current: string },
): Promise<void> {
  const { free } = turn(request, current);
  // A key of an administrator that takes no part is left to whoever made it.
  if (parseCredential(former).user !== free) return;
  await withClient(request, (client) => generate(client, request, free));
}

/** Whose key is in use, and whose may be replaced. */
function turn(request: Request, current: string): { inUse: string; free: string } {
  const { rotationUsers } = request.settings;
  if (!rotationUsers) throw notPossible(request, 'its configuration names no `rotationUsers`');
  const { user } = parseCredential(current);
  const [one, other] = rotationUsers;
  if (user === one) return { inUse: one, free: other };
  if (user === other) return { inUse: other, free: one };
  const whose = user === undefined ? 'does not say whose token it is' : `belongs to ${user}`;
  throw notPossible(
    request,
    `the stored credential ${whose}: store it as <API administrator>:<token>, the administrator being ${one} or ${other}`,
  );
}

async function rightsOf(client: FortigateClient, name: string): Promise<string> {
  const { results } = await client.get(row(users, name)).catch((error: unknown) => {
    if (isZonebridgeError(error, 'firewall/object-missing'))
      throw new ZonebridgeError('rotation/not-possible', `there is no API administrator ${name}`, {
        cause: error,
      });
    throw error;
  });
  const parsed = z.tuple([apiUser]).safeParse(results);
  if (!parsed.success)
    throw new ZonebridgeError('firewall/unexpected-answer', `API administrator ${name} cannot be read`);
  const [found] = parsed.data;
  const hosts = found.trusthost.map((host) => `${host['ipv4-trusthost']} ${host['ipv6-trusthost']}`.trim());
  return [
    `profile ${found.accprofile}`,
    `VDOMs ${found.vdom
      .map(({ name: vdom }) => vdom)
      .sort()
      .join(' ')}`,
    `trusted hosts ${hosts.sort().join(', ')}`,
    ...[found.schedule, found['peer-auth'], found['peer-group']].filter((text) => text !== ''),
  ].join(', ');
}

/** The answer holds the key, the only time it is shown. */
async function generate(client: FortigateClient, request: Request, user: string): Promise<string> {
  const { results } = await client
    .post('/api/v2/monitor/system/api-user/generate-key', { 'api-user': user })
    .catch((error: unknown) => {
      if (!isZonebridgeError(error, 'firewall/permission-denied')) throw error;
      const text = `the key maker of ${request.firewall} may not make keys: it needs the profile super_admin`;
      throw new ZonebridgeError('rotation/not-possible', text, { cause: error });
    });
  const parsed = generated.safeParse(results);
  if (parsed.success) return parsed.data.access_token;
  throw new ZonebridgeError('firewall/unexpected-answer', `no key for ${user} came back`);
}

async function withClient<T>(request: Request, work: (client: FortigateClient) => Promise<T>): Promise<T> {
  const { keyMaker, ...rest } = request;
  const { token } = parseCredential(keyMaker);
  const client = new FortigateClient({ ...rest, credential: token, commentFor: () => '' });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

function notPossible({ firewall }: Request, text: string): ZonebridgeError {
  return new ZonebridgeError('rotation/not-possible', `${firewall}: ${text}`);
}
