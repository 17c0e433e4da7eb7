/** Keys and indexes from the top of the document, such as `['groups', 'shop', 'publish', 0]`. */
export type DocumentPath = readonly (string | number)[];

const plainKey = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** `groups.shop.publish[0]`; keys with dots or other signs are quoted: `groups["a.b"]`. */
export function formatPath(path: DocumentPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!plainKey.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

const step = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([^.[\]]+)/gy;

/** The reverse of `formatPath`; stops at the first sign that does not belong into a path. */
export function parsePath(text: string): DocumentPath {
  const path: (string | number)[] = [];
  for (const [, index, quoted, key] of text.matchAll(step)) {
    if (index !== undefined) path.push(Number(index));
    else if (quoted !== undefined) path.push(String(JSON.parse(quoted)));
    else if (key !== undefined) path.push(key);
  }
  return path;
}
