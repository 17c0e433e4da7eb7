import { child, childrenNamed, type Element, parseXml, textAt, xml, xmlText } from '../xml.ts';
import { Refusal, success } from './answer.ts';
import type { Device } from './device.ts';
import type { RefusedTag, RegisteredTable } from './registered-table.ts';

const address = /^[0-9.]+(\/\d{1,2}|-[0-9.]+)?$|^[0-9a-fA-F:]+(\/128)?$/;

/** `type=user-id`: registers and unregisters tags, entry by entry; what is refused is named, the rest is done. */
export function updateTags(device: Device, vsys: string | undefined, command: string): Element {
  let message: Element;
  try {
    message = parseXml(command);
  } catch {
    throw new Refusal(18, 'Malformed uid-message');
  }
  const payload = child(message, 'payload');
  if (message.name !== 'uid-message' || textAt(message, 'type') !== 'update' || !payload)
    throw new Refusal(17, 'Invalid uid-message');
  const blocks =
    device.behaviour.order === 'as-sent'
      ? payload.children
      : payload.children.toSorted((a, b) => Number(b.name === 'register') - Number(a.name === 'register'));
  const refused = applyBlocks(device.table(vsys), blocks);
  device.redistribute((table) => applyBlocks(table, blocks));
  device.commits.append({});
  const done = payload.children.map(({ name }) => xml(name));
  if (refused.length === 0) return success(undefined, xml('result', {}, [uidResponse(done)]));
  if (device.behaviour.refusals === 'success')
    return success(undefined, xml('result', {}, [uidResponse(refused)]));
  return xml('response', { status: 'error' }, [xml('msg', {}, [xml('line', {}, [uidResponse(refused)])])]);
}

/** What was refused, by operation and entry. */
function applyBlocks(table: RegisteredTable, blocks: readonly Element[]): Element[] {
  return blocks.flatMap((block) => {
    if (block.name !== 'register' && block.name !== 'unregister') return [];
    const op = block.name;
    const bad = childrenNamed(block, 'entry').flatMap((entry) => applyEntry(table, op, entry) ?? []);
    const entries = bad.map(({ ip, message: why }) => xml('entry', { ip, message: why }));
    return entries.length > 0 ? [xml(op, {}, entries)] : [];
  });
}

function applyEntry(
  table: RegisteredTable,
  op: 'register' | 'unregister',
  entry: Element,
): RefusedTag | undefined {
  const ip = (entry.attributes['ip'] ?? '').replace(/\/(32|128)$/, '');
  const members = childrenNamed(child(entry, 'tag'), 'member');
  const names = members.map(({ text }) => text);
  if (!address.test(ip)) return { ip, message: 'invalid ip address' };
  if (names.some((name) => name.length === 0 || name.length > 127))
    return { ip, message: 'invalid tag name' };
  if (op === 'unregister') return table.unregister(ip, names);
  const tags = members.map(({ text, attributes }) => ({
    name: text,
    timeoutSeconds: Number(attributes['timeout'] ?? 0),
  }));
  if (tags.some(({ timeoutSeconds }) => !(timeoutSeconds >= 0 && timeoutSeconds <= 2_592_000)))
    return { ip, message: 'invalid timeout' };
  return table.register(ip, tags, entry.attributes['persistent'] !== '0');
}

function uidResponse(content: readonly Element[]): Element {
  return xml('uid-response', {}, [xmlText('version', '2.0'), xml('payload', {}, content)]);
}
