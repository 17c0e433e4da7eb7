import { z } from 'zod';
import { hostsSchema } from './hosts-schema.ts';
import { ZonebridgeError } from '../../core/errors.ts';
import { approvalsSchema, quarantineSchema, ticketSystemSchema } from './approvals-schema.ts';
import type { Configuration } from './model.ts';
import { delegationSchema } from './delegation-schema.ts';
import { hubSchema } from './hub-schema.ts';
import {
  clusterSchema,
  firewallSchema,
  groupSchema,
  keySchemas,
  networkSchema,
  targetSchema,
} from './schema.ts';
import { isMap } from './source/sources.ts';

/**
 * Data: what `zonebridge apply` activates as a new generation, without a deployment.
 * The limits of all groups (`brakes`) are already part of each group.
 */
export type DataConfiguration = Pick<Configuration, 'groups' | 'delegations' | 'approvals' | 'quarantine'>;

/** Infrastructure: what `cdk deploy` builds from. A change of it needs a deployment. */
export type InfrastructureConfiguration = Omit<Configuration, keyof DataConfiguration>;

export function dataOf({ groups, delegations, approvals, quarantine }: Configuration): DataConfiguration {
  return {
    groups,
    ...(delegations ? { delegations } : {}),
    ...(approvals ? { approvals } : {}),
    ...(quarantine ? { quarantine } : {}),
  };
}

export function infrastructureOf(configuration: Configuration): InfrastructureConfiguration {
  const { hub, networks, clusters, hosts, firewalls, ticketSystems } = configuration;
  return {
    hub,
    networks,
    clusters,
    ...(hosts ? { hosts } : {}),
    firewalls,
    ...(ticketSystems ? { ticketSystems } : {}),
  };
}

/** JSON with sorted keys: equal configurations give equal text, in whatever order their files were written. */
export function serializeConfiguration(
  configuration: Configuration | DataConfiguration | InfrastructureConfiguration,
): string {
  return JSON.stringify(configuration, (_, value: unknown) =>
    isMap(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
}

const rule = z.strictObject({ minimum: z.number(), share: z.number() });

const brakes = z.strictObject({ shrink: rule, growth: rule, windowMinutes: z.number() });

/** The complete form: defaults filled in, CA files read in. Vendor settings are checked by their module when it connects. */
const stored = z.strictObject({
  hub: hubSchema,
  networks: z.record(keySchemas.networks, networkSchema),
  clusters: z.record(
    keySchemas.clusters,
    clusterSchema.required({ name: true, sharedRanges: true, namespace: true, serviceAccount: true }),
  ),
  hosts: z.record(keySchemas.hosts, hostsSchema.required({ sharedRanges: true })).optional(),
  firewalls: z.record(
    keySchemas.firewalls,
    firewallSchema.required({ kind: true, network: true, realms: true, reconcileMinutes: true }).extend({
      settings: z.record(z.string(), z.unknown()),
      brakes: z.strictObject({ shrink: rule, windowMinutes: z.number() }).optional(),
    }),
  ),
  groups: z.record(
    keySchemas.groups,
    groupSchema.extend({
      name: keySchemas.groups,
      brakes,
      publish: z.array(targetSchema.extend({ brakes: brakes.optional() })),
      resource: z
        .strictObject({ uid: z.string(), cluster: z.string(), namespace: z.string(), name: z.string() })
        .optional(),
    }),
  ),
  delegations: z
    .record(
      keySchemas.delegations,
      delegationSchema.extend({
        name: keySchemas.delegations,
        brakes,
        publish: z.array(targetSchema.extend({ brakes: brakes.optional() })),
      }),
    )
    .optional(),
  approvals: approvalsSchema.optional(),
  quarantine: quarantineSchema.optional(),
  ticketSystems: z.record(keySchemas.ticketSystems, ticketSystemSchema).optional(),
});

/**
 * Reads what `serializeConfiguration` wrote of a whole configuration.
 * @throws ZonebridgeError configuration/invalid when a stored generation does not have this form, such as one of another version
 */
export function parseConfiguration(text: string): Configuration {
  const result = stored.safeParse(json(text));
  if (result.success) return result.data;
  throw new ZonebridgeError(
    'configuration/invalid',
    `the stored configuration cannot be read: ${z.prettifyError(result.error)}`,
  );
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ZonebridgeError('configuration/invalid', 'the stored configuration is no JSON', { cause });
  }
}
