import { ZonebridgeError } from '../../../core/errors.ts';
import { printable } from '../../shared/printable.ts';
import { incomplete, type PanoramaClient } from '../client.ts';
import type { Envelope } from '../envelope.ts';
import { refusalError } from '../errors.ts';
import { childrenNamed, type Element, textAt, xml } from '../xml.ts';
import { splitLast } from './xpaths.ts';

/** One change of the candidate configuration. */
export interface Operation {
  action: 'set' | 'delete';
  xpath: string;
  content?: readonly Element[];
  /** The change is done already when what it deletes is not there. */
  mayMiss?: boolean;
  /** It may be left out when something refers to what it deletes. */
  mayStay?: boolean;
}

/**
 * Sends changes in one request, all or none. One that deletes what is not there, or what is still in use, makes the device refuse the
 * whole: then it goes once more without this one. What else is not there is read from the candidate the first time, so that hundreds of
 * such deletions end, too. Never `strict-transactional`, which would roll back what the administrator did before.
 */
export async function change(client: PanoramaClient, operations: readonly Operation[]): Promise<void> {
  let left = operations;
  let looked = false;
  while (left.length > 0) {
    const answer = await client.multiConfig(requestOf(left), (refused) => failedOf(refused) !== undefined);
    if (answer.success) return;
    const failed = failedOf(answer);
    const operation = failed && left[failed.at];
    if (!failed || !operation) throw new ZonebridgeError('firewall/rejected', `multi-config: ${answer.text}`);
    const { mayMiss, mayStay } = operation;
    const harmless =
      (mayMiss && failed.error.code === 'firewall/object-missing') ||
      (mayStay && failed.error.code === 'firewall/object-in-use');
    if (!harmless) throw failed.error;
    left = left.filter((one) => one !== operation);
    if (!looked && failed.error.code === 'firewall/object-missing') {
      looked = true;
      left = await withoutMissing(client, left);
    }
  }
}

/** Without deletions, which may miss, of what its list in the candidate does not hold. */
async function withoutMissing(
  client: PanoramaClient,
  operations: readonly Operation[],
): Promise<readonly Operation[]> {
  const kept: Operation[] = [];
  const lists = new Map<string, ReadonlySet<string>>();
  for (const operation of operations) {
    const place = operation.mayMiss ? splitLast(operation.xpath) : undefined;
    const there = place && (lists.get(place.list) ?? (await namesIn(client, place.list)));
    if (there) lists.set(place.list, there);
    if (!there || there.has(place.name)) kept.push(operation);
  }
  return kept;
}

/** Names of the entries, or texts of the members, of a list in the candidate. What another group owns is not in it. */
async function namesIn(client: PanoramaClient, list: string): Promise<ReadonlySet<string>> {
  const { result, code } = await client.readConfig('get', list);
  const [found] = result?.children ?? [];
  // A list that is not there is told by its code: an empty answer is not one.
  if (!found && code !== 7) throw incomplete('config get');
  const own = found?.children.filter(({ attributes }) => attributes['loc'] === undefined) ?? [];
  return new Set(own.map(({ attributes, text }) => attributes['name'] ?? text.trim()));
}

function requestOf(operations: readonly Operation[]): Element {
  return xml(
    'multi-config',
    {},
    operations.map(({ action, xpath, content = [] }, index) =>
      xml(action, { id: String(index), xpath }, content),
    ),
  );
}

/** The operation that failed: the last nested answer holds it. */
function failedOf({ success, root }: Envelope): { at: number; error: ZonebridgeError } | undefined {
  if (success) return undefined;
  const last = childrenNamed(root, 'response').at(-1);
  const { id = '', status, code } = last?.attributes ?? {};
  if (status !== 'error' || !/^\d{1,5}$/.test(id)) return undefined;
  const text = printable(textAt(last, 'msg', 'line') ?? textAt(last, 'msg') ?? '');
  const number = code !== undefined && /^\d{1,4}$/.test(code) ? Number(code) : undefined;
  const error = refusalError({
    call: 'config multi-config',
    httpStatus: 200,
    code: number,
    text,
    write: true,
  });
  return { at: Number(id), error };
}
