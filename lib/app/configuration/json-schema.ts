import { z } from 'zod';
import { hostsSchema } from './hosts-schema.ts';
import type { FirewallDescription } from '../../core/firewall.ts';
import { approvalsSchema, quarantineSchema, ticketSystemSchema } from './approvals-schema.ts';
import type { DocumentPath } from './source/path.ts';
import { delegationSchema } from './delegation-schema.ts';
import { hubSchema } from './hub-schema.ts';
import {
  brakesSchema,
  clusterSchema,
  firewallSchema,
  groupSchema,
  keySchemas,
  networkSchema,
} from './schema.ts';

/** The part of JSON Schema (draft 2020-12) that is produced and walked here. */
export interface JsonSchema {
  [keyword: string]: unknown;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
}

export type Modules = Readonly<Record<string, FirewallDescription>>;

/**
 * JSON Schema of `zonebridge.yaml` for editors, with the fields of every vendor module. Everything that can be said
 * about one value alone is in it; references and combinations are checked by loading.
 */
export function configurationJsonSchema(modules: Modules): JsonSchema {
  const map = (schema: JsonSchema, keys: z.ZodType, description: string): JsonSchema => ({
    description,
    type: 'object',
    propertyNames: convert(keys),
    additionalProperties: schema,
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Zonebridge configuration',
    description: 'One file, or one of several in a folder; entries of all files are merged.',
    type: 'object',
    properties: {
      hub: { description: 'The account that runs everything.', ...convert(hubSchema) },
      networks: map(convert(networkSchema), keySchemas.networks, 'Where firewalls are reached from.'),
      clusters: map(convert(clusterSchema), keySchemas.clusters, 'Clusters, by a name of your choice.'),
      hosts: map(
        convert(hostsSchema),
        keySchemas.hosts,
        'EC2 instances beside the clusters, by a name of your choice.',
      ),
      firewalls: map(
        firewallJsonSchema(modules),
        keySchemas.firewalls,
        'Firewalls, by their id, which never changes.',
      ),
      brakes: { description: 'Limits for all groups that do not set their own.', ...convert(brakesSchema) },
      groups: map(convert(groupSchema), keySchemas.groups, 'Address groups, by name.'),
      delegations: map(
        convert(delegationSchema),
        keySchemas.delegations,
        'What namespaces may publish by AddressGroup resources.',
      ),
      approvals: {
        description: 'Who releases held changes, and change freezes.',
        ...convert(approvalsSchema),
      },
      quarantine: { description: 'What `zonebridge quarantine` does.', ...convert(quarantineSchema) },
      ticketSystems: map(
        convert(ticketSystemSchema),
        keySchemas.ticketSystems,
        'Who may answer requests for approval by events.',
      ),
    },
    additionalProperties: false,
  };
}

function firewallJsonSchema(modules: Modules): JsonSchema {
  return { anyOf: Object.values(modules).map(vendorJsonSchema) };
}

/** Common fields and the vendor's, with `caFile` where the module takes `ca`. */
function vendorJsonSchema(module: FirewallDescription): JsonSchema {
  const common = convert(firewallSchema);
  const vendor = convert(module.settings);
  const { ca, ...own } = vendor.properties ?? {};
  const properties = {
    ...common.properties,
    kind: { const: module.kind, description: module.displayName },
    ...own,
    ...(ca === undefined ? {} : { caFile: caFile(ca.description) }),
  };
  const required = [...(common.required ?? []), ...(vendor.required ?? [])].map((key) =>
    key === 'ca' ? 'caFile' : key,
  );
  return { type: 'object', properties, required, additionalProperties: false };
}

function caFile(what = 'Certificates.'): JsonSchema {
  return { type: 'string', minLength: 1, description: `PEM file, relative to this file. ${what}` };
}

function convert(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  return rest;
}

/** Keys that the schema knows for the map at a path; of several forms those of the first that has the `kind` asked for. */
export function knownKeys(schema: JsonSchema, path: DocumentPath, kind?: unknown): string[] {
  let places: JsonSchema[] = [schema];
  for (const step of path) places = places.flatMap(forms).flatMap((place) => inside(place, step));
  const maps = places.flatMap(forms).filter(({ properties }) => properties !== undefined);
  const fitting = maps.filter(({ properties }) => properties?.['kind']?.['const'] === kind);
  return [
    ...new Set(
      (fitting.length > 0 ? fitting : maps).flatMap(({ properties }) => Object.keys(properties ?? {})),
    ),
  ];
}

const forms = (schema: JsonSchema): JsonSchema[] => schema.anyOf ?? [schema];

function inside(schema: JsonSchema, step: string | number): JsonSchema[] {
  if (typeof step === 'number') return schema.items === undefined ? [] : [schema.items];
  const property = schema.properties?.[step];
  if (property !== undefined && Object.hasOwn(schema.properties ?? {}, step)) return [property];
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
}
