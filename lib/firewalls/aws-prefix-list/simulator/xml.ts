import type { ApiAnswer } from '../../../simulators/http.ts';

/** An element: text, nothing, or elements within; a list becomes one `item` each, as EC2 writes lists. */
export type Element =
  | string
  | number
  | boolean
  | undefined
  | readonly Element[]
  | { readonly [name: string]: Element };

const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';
const requestId = '00000000-0000-4000-8000-000000000000';

/** Answer to an action: `<ActionResponse>` with the request id and these elements. */
export function xmlAnswer(action: string, elements: { readonly [name: string]: Element }): ApiAnswer {
  const inner = inside({ requestId, ...elements });
  return answer(200, `<${action}Response xmlns="${namespace}">${inner}</${action}Response>`);
}

/** The envelope of an error, which has no namespace and writes `RequestID` in its own way. */
export function errorAnswer(status: number, code: string, message: string): ApiAnswer {
  const error = inside({ Code: code, Message: message });
  return answer(
    status,
    `<Response><Errors><Error>${error}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
  );
}

function answer(status: number, root: string): ApiAnswer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body };
}

function inside(element: Element): string {
  if (element === undefined) return '';
  if (Array.isArray(element)) return element.map((item) => `<item>${inside(item)}</item>`).join('');
  if (typeof element !== 'object') return escaped(String(element));
  return Object.entries(element)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${inside(value)}</${name}>`)
    .join('');
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
