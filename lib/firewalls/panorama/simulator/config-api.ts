import { type Element, formatXml, parseXml, xml, xmlText } from '../xml.ts';
import { Refusal, result, said, success } from './answer.ts';
import type { Edit } from './edits.ts';
import type { Device } from './device.ts';
import { lockedBy } from './op.ts';

/** `type=config`: reads and edits the configuration, as the administrator `user`. */
export function answerConfig(device: Device, user: string, parameters: URLSearchParams): Element {
  device.jobs.settle();
  const action = parameters.get('action') ?? '';
  const xpath = parameters.get('xpath') ?? '';
  if (action === 'get') {
    const found = candidateOf(device, xpath);
    if (found.length === 0) return success(7, result({}));
    const count = String(found.length);
    return success(19, result({ 'total-count': count, count }, ...found));
  }
  if (action === 'show') {
    const found = device.config.read('running', xpath);
    if (found.length === 0) throw new Refusal(undefined, 'No such node');
    return success(19, result({}, ...found));
  }
  const owner = lockedBy(device, 'config', user);
  if (owner !== undefined) throw new Refusal(undefined, `Configuration is locked by ${owner}`);
  if (action === 'multi-config') return multiConfig(device, user, parameters);
  device.config.edit(user, {
    action,
    xpath,
    element: parameters.get('element') ?? undefined,
    newname: parameters.get('newname') ?? undefined,
    where: parameters.get('where') ?? undefined,
    dst: parameters.get('dst') ?? undefined,
    from: parameters.get('from') ?? undefined,
  });
  return said(20, 'command succeeded');
}

/**
 * What a path of the candidate shows. A device group shows the addresses and address groups that it inherits, too, from the groups above it
 * and from what is shared, with the place that owns them in `loc`; the nearest of a name hides the others. Assumption: also below the entry,
 * where nothing says so.
 */
function candidateOf({ config, deviceGroups }: Device, xpath: string): Element[] {
  const own = config.read('candidate', xpath);
  const [, before, group, container, rest = ''] =
    /^(.*\/device-group)\/entry\[@name='([^']*)'\]\/(address|address-group)(\/.*)?$/.exec(xpath) ?? [];
  if (before === undefined || group === undefined || container === undefined) return own;
  const above = deviceGroups
    .above(group)
    .map((name) => ({ loc: name, path: `${before}/entry[@name='${name}']` }));
  const found = [...above, { loc: 'shared', path: '/config/shared' }].map(({ loc, path }) =>
    config.read('candidate', `${path}/${container}${rest}`).map((node) => inherited(node, loc)),
  );
  if (rest !== '') return [own, ...found].find((nodes) => nodes.length > 0) ?? [];
  const byName = new Map<string | undefined, Element>();
  for (const entry of [own, ...found].flat().flatMap(({ children }) => children))
    if (!byName.has(entry.attributes['name'])) byName.set(entry.attributes['name'], entry);
  return byName.size === 0 ? own : [xml(container, {}, [...byName.values()])];
}

function inherited(element: Element, loc: string): Element {
  if (element.name !== 'entry')
    return { ...element, children: element.children.map((one) => markEntry(one, loc)) };
  return markEntry(element, loc);
}

function markEntry(element: Element, loc: string): Element {
  return element.name === 'entry' ? { ...element, attributes: { ...element.attributes, loc } } : element;
}

/** All or nothing; the last nested response is the one that failed. */
function multiConfig(device: Device, user: string, parameters: URLSearchParams): Element {
  const strict = parameters.get('strict-transactional') === 'yes';
  if (strict && device.jobs.running().length > 0)
    throw new Refusal(undefined, 'A commit is in progress. Strict transactional requests are not allowed');
  let operations: Element[];
  try {
    operations = parseXml(parameters.get('element') ?? '').children;
  } catch {
    throw new Refusal(18, 'Malformed command');
  }
  const failed = device.config.editAll(user, operations.map(toEdit), strict);
  const shown = failed ? operations.slice(0, failed.at + 1) : operations;
  const responses = shown.map(({ attributes }, index) => {
    const bad = failed?.at === index ? failed.refusal : undefined;
    const own = {
      status: bad ? 'error' : 'success',
      code: String(bad ? (bad.code ?? 12) : 20),
      id: attributes['id'],
    };
    return xml('response', own, [
      bad ? xml('msg', {}, [xmlText('line', bad.message)]) : xmlText('msg', 'command succeeded'),
    ]);
  });
  if (!failed) return xml('response', { status: 'success', code: '20' }, responses);
  return xml('response', { status: 'error', code: String(failed.refusal.code ?? 12) }, responses);
}

function toEdit({ name, attributes, children }: Element): Edit {
  return {
    action: name,
    xpath: attributes['xpath'] ?? '',
    element: children.map(formatXml).join(''),
    newname: attributes['newname'],
    where: attributes['where'],
    dst: attributes['dst'],
    from: attributes['from'],
  };
}
