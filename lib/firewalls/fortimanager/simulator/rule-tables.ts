import { invalidUrl, type JsonObject, textOf } from './refusal.ts';

/** Tables of rules: packages and policy blocks of an ADOM; packages of the global ADOM; what was assigned to an ADOM from there. */
const ofPackage = /^pkg\/(.+)\/firewall\/policy$/;
const ofBlock = /^pblock\/([^/]+)\/firewall\/policy$/;
const ofGlobalPackage = /^pkg\/(.+)\/(global\/(?:header|footer)\/policy)$/;
const assigned = /^global\/(header|footer)\/policy$/;

/** Assumption: the number; rules of blocks, headers and footers have ids in a range of their own, and an example is 1071741828. */
const firstOfRange = 1_071_741_825;

export function holdsRules(path: string): boolean {
  return [ofPackage, ofBlock, ofGlobalPackage, assigned].some((table) => table.test(path));
}

/** Package whose rules a table holds; a name with slashes lies in folders. */
export function packageIn(path: string): string | undefined {
  return ofPackage.exec(path)?.[1];
}

export function blockIn(path: string): string | undefined {
  return ofBlock.exec(path)?.[1];
}

export function blockTable(block: string): string {
  return `pblock/${block}/firewall/policy`;
}

/** Package of the global ADOM whose header or footer a table holds, and where an ADOM has it. */
export function globalPackageIn(path: string): { pkg: string; assigned: string } | undefined {
  const [, pkg, place] = ofGlobalPackage.exec(path) ?? [];
  return pkg !== undefined && place !== undefined ? { pkg, assigned: place } : undefined;
}

/** `header` or `footer` of an ADOM, which only an assignment changes. */
export function assignedIn(path: string): string | undefined {
  return assigned.exec(path)?.[1];
}

/** Name of the policy block that a rule of a package stands for. */
export function blockOf(rule: JsonObject | undefined): string | undefined {
  const name = textOf(rule?.['_policy_block'] ?? '');
  return name === '' ? undefined : name;
}

/** Id of a rule that was sent without one, in a table with so many rules. */
export function nextId(path: string, rules: number): number {
  return packageIn(path) === undefined ? firstOfRange + rules : rules + 1;
}

/** How many parts after the ADOM name a table: `obj/firewall/address`, `pkg/folder/name/firewall/policy`. Throws -6. */
export function tableParts(rest: readonly string[]): number {
  if (rest[0] === 'obj') return rest[1] === 'global' ? 4 : 3;
  for (let at = 2; at < rest.length; at++) {
    const [first, second, third] = rest.slice(at);
    if (first === 'firewall' && second === 'policy') return at + 2;
    if (first === 'global' && (second === 'header' || second === 'footer') && third === 'policy')
      return at + 3;
  }
  throw invalidUrl();
}
