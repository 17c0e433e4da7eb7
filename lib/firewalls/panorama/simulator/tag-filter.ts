/**
 * Whether the tags of an address fit the filter of a dynamic address group: names with or without quotes, `and`, `or` in any case, and
 * parentheses. Assumption: `and` binds before `or`. What is no filter fits nothing.
 */
export function fitsFilter(filter: string, tags: readonly string[]): boolean {
  const words = [...filter.matchAll(/'([^']*)'|"([^"]*)"|([()])|([^\s()'"]+)/g)].map(
    ([, single, double, sign, bare]) =>
      sign ??
      (bare && /^(and|or)$/i.test(bare) ? bare.toLowerCase() : { tag: single ?? double ?? bare ?? '' }),
  );
  let at = 0;
  const value = (): boolean => {
    const word = words[at++];
    if (word === '(') {
      const inner = either();
      at += 1;
      return inner;
    }
    return typeof word === 'object' && tags.includes(word.tag);
  };
  const both = (): boolean => {
    let result = value();
    while (words[at] === 'and') {
      at += 1;
      result = value() && result;
    }
    return result;
  };
  const either = (): boolean => {
    let result = both();
    while (words[at] === 'or') {
      at += 1;
      result = both() || result;
    }
    return result;
  };
  return either() && at === words.length;
}
