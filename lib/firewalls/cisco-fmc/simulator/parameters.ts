import { type Call, filters } from './call.ts';
import { invalid } from './refusal.ts';
import { isSince } from './version.ts';

interface Known {
  query?: readonly string[];
  filter?: readonly string[];
}

const pages = ['offset', 'limit', 'expanded', 'filter'];
const ofNetworks: Known = { query: ['bulk', 'action'], filter: ['nameOrValue', 'unusedOnly', 'ids'] };
const ofDynamics = ['nameStartsWith', 'unusedOnly', 'ids', 'agentId'];

/** What a path can be asked by, beside its pages. Those that are not named here take nothing else. */
const known: Readonly<Record<string, Known>> = {
  'object/hosts': ofNetworks,
  'object/networks': ofNetworks,
  'object/ranges': ofNetworks,
  'object/fqdns': ofNetworks,
  'object/networkgroups': ofNetworks,
  'object/networkaddresses': { filter: ['nameOrValue', 'unusedOnly', 'type'] },
  'object/dynamicobjects': {
    query: ['name', 'includeCount', 'bulk', 'action', 'propagate'],
    filter: ofDynamics,
  },
  'object/dynamicobjectmappings': { query: ['bulk', 'propagate'], filter: ofDynamics },
  'object/operational': { filter: ['uuid', 'type'] },
  'policy/accesspolicies': {
    query: ['name', 'bulk', 'section', 'insertBefore', 'insertAfter', 'partialUpdate'],
    filter: ['ids'],
  },
  'deployment/jobhistories': { filter: ['jobType', 'status'] },
};

/** Assumption: parameters of newer contracts came with these releases; no source names them. */
const since: Readonly<Record<string, `${number}.${number}.${number}`>> = {
  'object/networkgroups action': '7.2.0',
  'object/dynamicobjects propagate': '7.4.0',
  'object/dynamicobjectmappings propagate': '7.4.0',
};

/** Throws 400 for a parameter, or a key of a filter, that the path does not have in this release. */
export function checkParameters({ request, manager, parts }: Call): void {
  const { release, behaviour } = manager.settings;
  if (behaviour.unknownParameter === 'ignored') return;
  const path = parts.slice(0, 2).join('/');
  const { query = [], filter = [] } = (Object.hasOwn(known, path) && known[path]) || {};
  for (const name of request.query.keys()) {
    const first = since[`${path} ${name}`];
    const here = pages.includes(name) || query.includes(name);
    if (!here || (first !== undefined && !isSince(release, first)))
      throw invalid(`Invalid query parameter ${name}.`);
  }
  const odd = [...filters(request.query).keys()].find((key) => !filter.includes(key));
  if (odd !== undefined) throw invalid(`Invalid filter ${odd}.`);
}
