import { type Element, formatXml, parseXml, xml, xmlText } from '../xml.ts';
import { Refusal, result, said, success } from './answer.ts';
import type { Edit } from './config-store.ts';
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
  });
  return said(20, 'command succeeded');
}

/**
 * What a path of the candidate shows. A device group shows the groups that it inherits, too, with the place that owns them in `loc`.
 * Assumption: also below the entry, where nothing says so. Only what is shared is inherited here.
 */
function candidateOf({ config }: Device, xpath: string): Element[] {
  const own = config.read('candidate', xpath);
  const [, above, container, rest = ''] =
    /^(.*\/device-group\/entry\[[^\]]*\])(\/address-group)(\/.*)?$/.exec(xpath) ?? [];
  if (above === undefined || container === undefined) return own;
  const shared = config.read('candidate', `/config/shared${container}${rest}`);
  if (rest !== '') return own.length > 0 ? own : shared.map(inherited);
  const names = new Set(own.flatMap(({ children }) => children.map(({ attributes }) => attributes['name'])));
  const others = shared
    .flatMap(({ children }) => children)
    .filter((one) => !names.has(one.attributes['name']));
  if (others.length === 0) return own;
  const children = [...own.flatMap((list) => list.children), ...others.map(inherited)];
  return [xml('address-group', {}, children)];
}

function inherited(element: Element): Element {
  if (element.name !== 'entry') return element;
  return { ...element, attributes: { ...element.attributes, loc: 'shared' } };
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
  };
}
