import { randomBytes } from 'node:crypto';
import { isObject, type JsonObject, textOf } from './model.ts';
import { qualified, Refusal } from './refusal.ts';
import type { Route } from './route.ts';
import type { ObjectStore } from './store/object-store.ts';
import { parse, type Stored } from './store/stored.ts';

interface Identity {
  name: string;
  groups: readonly string[];
  /** Milliseconds since 1970. */
  expires: number;
}

/** Who comes with which bearer token. */
export class Tokens {
  readonly #identities = new Map<string, Identity>();
  readonly #now: () => number;

  constructor(administrator: string, now: () => number) {
    this.#now = now;
    this.#identities.set(administrator, { name: 'admin', groups: ['system:masters'], expires: Infinity });
  }

  add(token: string, identity: Identity): void {
    this.#identities.set(token, identity);
  }

  /** Lets every token of a service account be over; the administrator's stays. */
  expire(): number {
    const accounts = [...this.#identities].filter(([, { expires }]) => expires !== Infinity);
    for (const [token] of accounts) this.#identities.delete(token);
    return accounts.length;
  }

  /** Undefined for a token that is unknown or over. */
  find(token: string): Identity | undefined {
    const identity = this.#identities.get(token);
    return identity && identity.expires > this.#now() ? identity : undefined;
  }
}

/** A client, as far as it said who it is. */
export interface Access {
  identity: Identity;
  tokens: Tokens;
}

const anonymous: Identity = {
  name: 'system:anonymous',
  groups: ['system:unauthenticated'],
  expires: Infinity,
};

/** Throws a refusal (401) for a token that is not good; without one a client is anonymous. */
export function identify(authorization: unknown, tokens: Tokens): Access {
  if (typeof authorization !== 'string' || authorization === '') return { identity: anonymous, tokens };
  const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? '';
  const identity = tokens.find(token);
  if (!identity) throw new Refusal(401, 'Unauthorized');
  return { identity, tokens };
}

/** Makes a token of a service account. */
export function grantToken(tokens: Tokens, { name, namespace }: Stored, expires: number): string {
  const token = randomBytes(32).toString('base64url');
  tokens.add(token, {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts'],
    expires,
  });
  return token;
}

/** What somebody wants to do; empty text where a request names none. */
export interface Wish {
  verb: string;
  group: string;
  /** With its subresource, such as `deployments/scale`. */
  plural: string;
  namespace: string;
  name: string;
}

/** Whether a role that is bound to the client allows it. Roles are those stored in the cluster. */
export function isAllowed({ identity }: Access, wish: Wish, store: ObjectStore): boolean {
  if (identity.groups.includes('system:masters')) return true;
  return rulesFor(identity, wish.namespace, store).some(
    (rule) =>
      covers(rule['verbs'], wish.verb) &&
      covers(rule['apiGroups'], wish.group) &&
      covers(rule['resources'], wish.plural) &&
      coversName(rule['resourceNames'], wish.name),
  );
}

/** Throws a refusal (403) unless a role that is bound to the client allows it. */
export function checkRights(access: Access, verb: string, route: Route, store: ObjectStore): void {
  const { name, namespace, resource, subresource } = route;
  const plural = subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
  if (isAllowed(access, { verb, group: resource.group, plural, namespace, name }, store)) return;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = `${qualified(resource)}${name === '' ? '' : ` ${JSON.stringify(name)}`}`;
  const group = resource.group === '' ? {} : { group: resource.group };
  throw new Refusal(
    403,
    `${what} is forbidden: User ${JSON.stringify(access.identity.name)} cannot ${verb} resource ${JSON.stringify(plural)} in API group ${JSON.stringify(resource.group)} ${where}`,
    { reason: 'Forbidden', details: { ...(name === '' ? {} : { name }), ...group, kind: resource.plural } },
  );
}

function covers(list: unknown, wanted: string): boolean {
  return Array.isArray(list) && (list.includes('*') || list.includes(wanted));
}

/** A rule without names is for every object; one with names for no request that names none, such as a creation. */
function coversName(list: unknown, name: string): boolean {
  return !Array.isArray(list) || list.length === 0 || list.includes(name);
}

const group = 'rbac.authorization.k8s.io';

function rulesFor(identity: Identity, namespace: string, store: ObjectStore): JsonObject[] {
  const rules: JsonObject[] = [];
  const bindings = [
    ...store.of({ group, plural: 'clusterrolebindings' }).list(),
    ...(namespace === '' ? [] : store.of({ group, plural: 'rolebindings' }).list(namespace)),
  ];
  for (const stored of bindings) {
    const binding = parse(stored) as unknown as JsonObject;
    const role = binding['roleRef'];
    if (!isObject(role) || !names(binding['subjects'], identity, stored.namespace)) continue;
    const ofNamespace = role['kind'] === 'Role';
    const key = ofNamespace ? `${stored.namespace}/${textOf(role['name'])}` : textOf(role['name']);
    const found = store.of({ group, plural: ofNamespace ? 'roles' : 'clusterroles' }).get(key);
    const listed = found && parse(found)['rules'];
    if (Array.isArray(listed)) rules.push(...listed.filter(isObject));
  }
  return rules;
}

function names(subjects: unknown, identity: Identity, namespace: string): boolean {
  return (
    Array.isArray(subjects) &&
    subjects.filter(isObject).some((subject) => {
      if (subject['kind'] === 'Group') return identity.groups.includes(textOf(subject['name']));
      if (subject['kind'] === 'User') return subject['name'] === identity.name;
      const place = textOf(subject['namespace']) || namespace;
      return identity.name === `system:serviceaccount:${place}:${textOf(subject['name'])}`;
    })
  );
}
