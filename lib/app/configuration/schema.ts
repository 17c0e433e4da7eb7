import { z } from 'zod';
import { gateRules } from '../../core/gates/gate.ts';
import { speaksOfUs } from '../../core/plan/ownership.ts';
import { compileSelector } from '../../core/model/selector/index.ts';
import { producerNames } from '../../core/way-back/producers.ts';
import {
  account,
  awsId,
  by,
  name,
  nameForms,
  partRule,
  range,
  readRole,
  region,
  sourceRange,
  text,
} from './forms.ts';
import { periodSchema } from './period-schema.ts';

export const networkSchema = z.strictObject({
  vpc: awsId('vpc'),
  subnets: z
    .array(
      z.strictObject({
        id: awsId('subnet'),
        availabilityZone: z
          .string()
          .regex(/^[a-z]{2}(?:-[a-z]+)+-\d[a-z]$/, 'a zone looks like eu-central-1a'),
      }),
    )
    .min(1),
  securityGroups: z.array(awsId('sg')).min(1).describe('Security groups that may reach the firewalls.'),
  endpoints: z
    .enum(['create', 'existing'])
    .describe(
      'create: the stack makes the VPC endpoints it needs; existing: they, or a NAT gateway, are there already.',
    ),
  routeTables: z
    .array(awsId('rtb'))
    .min(1)
    .optional()
    .describe(
      'Route tables of the subnets, for the DynamoDB gateway endpoint; needed with endpoints: create alone.',
    ),
  sourceRanges: z
    .array(sourceRange)
    .min(1)
    .describe('Ranges the firewalls will see; typed into their trusted hosts.'),
});

export const clusterSchema = z.strictObject({
  account,
  region,
  name: z
    .string()
    .regex(
      /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/,
      'an EKS cluster name is 1 to 100 letters, digits, hyphens and underscores',
    )
    .optional()
    .describe('Name of the EKS cluster, when it is not the key of this entry.'),
  realm: name.describe('Space in which an address means one thing.'),
  ranges: z
    .array(range)
    .min(1)
    .describe('Ranges of its pods, nodes and services; addresses outside are refused.'),
  sharedRanges: z
    .boolean()
    .default(false)
    .describe('Clusters of one realm whose ranges overlap must all say so.'),
  cell: z
    .string()
    .regex(nameForms.part, partRule)
    .max(20)
    .describe('Stack that holds it, at most 40 clusters in one; never changed afterwards.'),
  namespace: z.string().regex(nameForms.part, partRule).max(63).default('zonebridge'),
  serviceAccount: name.default('zonebridge-agent'),
  writes: z
    .array(z.enum(producerNames))
    .min(1)
    .refine((all) => new Set(all).size === all.length, 'names something twice')
    .optional()
    .describe(
      'What Zonebridge may write in the cluster; nothing when left out. Each has rights of its own; see docs/way-back.md.',
    ),
  gates: gateRules
    .refine((rules) => Object.keys(rules).length > 0, 'names no namespace')
    .optional()
    .describe(
      'Namespaces whose pods may wait for their firewalls by the readiness gate zonebridge.dev/published; see docs/gates.md.',
    ),
  resolveNames: z
    .union([z.literal(true), z.literal('public')])
    .optional()
    .describe(
      'Looks behind the host names of its AWS load balancers: publishes the addresses of their network interfaces, or with `public` those by which the internet reaches them.',
    ),
  networkReport: z
    .boolean()
    .optional()
    .describe(
      'With false the agent does not read how the network of the cluster translates addresses, and gets no right to; see docs/addresses.md.',
    ),
  readRole: readRole.optional(),
  oidcProvider: z
    .string()
    .regex(
      /^[a-z0-9.-]+\/[A-Za-z0-9./_-]+$/,
      'an OIDC provider looks like oidc.eks.eu-central-1.amazonaws.com/id/ABC, without https://',
    )
    .optional()
    .describe(
      'OIDC provider of the cluster, known to IAM in the account of the hub: the agent gets its role by it (IRSA) instead of pod identity.',
    ),
});

const brake = z.strictObject({
  minimum: z.int().min(0).optional().describe('Changes of at most this many members always pass.'),
  share: z.number().min(0).max(1).optional().describe('Share of the size at the start of the window.'),
});
const windowMinutes = z.int().min(1).max(1440).optional();

/** Every field may be left out: a target inherits from its group, a group from the document, the document from the built-in defaults. */
export const brakesSchema = z.strictObject({
  shrink: brake.optional().describe('Net loss beyond the larger of both waits for a person.'),
  growth: brake
    .optional()
    .describe('The same for growth that a configuration change or a new namespace causes.'),
  windowMinutes,
});

const firewallBrakesSchema = z.strictObject({
  shrink: brake
    .optional()
    .describe('Net loss of everything on the firewall; 10 and a share of 0.2 unless set.'),
  windowMinutes,
});

const maintenanceSchema = z
  .strictObject({
    only: z.array(periodSchema).min(1).optional().describe('Changes are written only within these windows.'),
    never: z
      .array(periodSchema)
      .min(1)
      .optional()
      .describe('Changes are never written within these windows.'),
    strict: z.boolean().optional().describe('Removals of dead addresses wait, too; false unless set.'),
  })
  .refine(
    ({ only, never }) => (only === undefined) !== (never === undefined),
    'give either `only` or `never`',
  );

/** Fields that every firewall has; the rest belongs to its vendor module. */
export const firewallSchema = z.strictObject({
  kind: text.describe('Vendor module.'),
  network: text.describe('Network from which it is reached.'),
  realms: z.array(name).min(1).describe('Realms whose addresses mean the same on this firewall.'),
  reconcileMinutes: z.int().min(1).max(1440).default(15).describe('How often everything is compared.'),
  rotateKeyDays: z
    .int()
    .min(1)
    .max(365)
    .optional()
    .describe('Renews the credential by itself this often, where the firewall type can; see its readme.'),
  maintenance: maintenanceSchema
    .optional()
    .describe('When changes may be written; at any time when left out.'),
  destinations: z
    .array(range)
    .min(1)
    .max(100)
    .optional()
    .describe(
      'What lies behind it, seen from the clusters; decides with their settings whether it sees pods or nodes. Advice only.',
    ),
  callsPerMinute: z
    .int()
    .min(10)
    .optional()
    .describe(
      'Calls a minute that we allow ourselves, comparisons included; the type has a default and a maximum. Entries of one device share it.',
    ),
  brakes: firewallBrakesSchema.optional().describe('Limits of the firewall as a whole, over all groups.'),
  requireQualification: z
    .boolean()
    .optional()
    .describe('Lets `apply` refuse to write to a version that `zonebridge qualify` has not tried.'),
});

const selectorForm = z.union([
  z.string(),
  z.strictObject({
    matchLabels: z.record(z.string(), z.string()).optional(),
    matchExpressions: z
      .array(
        z.strictObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }),
      )
      .optional(),
  }),
]);

/** The core reads an empty selector as `all()`, as Calico and Kubernetes do; written down it is rather a template variable without a value. */
function isEmpty(source: z.output<typeof selectorForm>): boolean {
  if (typeof source === 'string') return source.trim() === '';
  const { matchLabels = {}, matchExpressions = [] } = source;
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

export const selector = (options: { allowGlobal: boolean }) =>
  selectorForm
    .superRefine(by((source) => compileSelector(source, options), 'the selector cannot be read, '))
    .refine((source) => !isEmpty(source), {
      error: 'an empty selector selects everything: write all() if that is meant',
      // A mistyped key leaves an empty selector, too; it was reported.
      when: ({ issues }) => issues.length === 0,
    });

export const targetSchema = z.strictObject({
  firewall: text,
  channel: text.describe('How addresses get there; see the readme of the firewall type.'),
  create: z
    .enum(['offered', 'own'])
    .describe('offered: the security team makes the object and offers it by a comment; own: we make it.'),
  mode: z
    .enum(['observe', 'add-only', 'sync'])
    .describe('observe shows, add-only never removes, sync does both.'),
  object: text.optional().describe('Name on the firewall when it must differ from the derived one.'),
  adopt: z
    .string()
    .min(10, "at least 10 characters: a short comment may be anybody's")
    .max(255)
    .refine((comment) => comment.trim() === comment, 'begins or ends with a blank')
    .refine(
      (comment) => !speaksOfUs(comment),
      'an object that carries a mark or an offer of ours is never adopted',
    )
    .optional()
    .describe(
      'Takes over the object that a former tool keeps under this name, once: the whole of its comment. Needs `object` and `create: own`; see docs/migrate-from-calico.md.',
    ),
  onForeignAdd: z
    .enum(['remove', 'report'])
    .default('report')
    .describe('What happens to members somebody else added.'),
  acceptConfigChurn: z
    .strictObject({ writesPerHour: z.int().min(1) })
    .optional()
    .describe('Pods over a channel that writes configuration: accepted, with a ceiling.'),
  brakes: brakesSchema
    .optional()
    .describe('Limits on this firewall when they differ from those of the group.'),
});

export const groupSchema = z.strictObject({
  addresses: z
    .enum(['pod', 'node', 'service', 'egress'])
    .describe('Which addresses of the selected endpoints.'),
  serviceAddresses: z
    .array(z.enum(['load-balancer', 'external', 'cluster']))
    .min(1)
    .optional()
    .describe(
      'With addresses: service: of its load balancer (unless given), its externalIPs, its virtual ones inside the cluster.',
    ),
  select: selector({ allowGlobal: false }).describe(
    "Which endpoints: Calico's selector grammar or a Kubernetes LabelSelector.",
  ),
  namespaces: selector({ allowGlobal: true })
    .optional()
    .describe('Which namespaces, by their labels; global() selects nodes themselves.'),
  anyNamespace: z.literal(true).optional().describe('Waives the namespace selector.'),
  clusters: z
    .array(text)
    .min(1)
    .optional()
    .describe(
      'Clusters it is taken from, all of them when left out; and sections of hosts, which count only where they are named.',
    ),
  usedIn: z.enum(['allow', 'deny']),
  ranges: z.array(range).min(1).optional().describe('Addresses outside are never published.'),
  maxMembers: z.int().min(1).max(1_000_000),
  owner: text.optional(),
  reviewBy: z.iso.date('a date looks like 2027-03-01').optional(),
  brakes: brakesSchema.optional(),
  consistency: z
    .enum(['each', 'all'])
    .default('each')
    .describe(
      'all: the brakes of one firewall decide for all of them, and what the configuration removes stays until all have what it adds.',
    ),
  onSilence: z
    .union([
      z.literal('keep'),
      z.strictObject({
        expireAfterHours: z.int().min(1).max(8760).describe('Hours without a word from the cluster.'),
        bypassBrakes: z.boolean().default(false).describe('Such removals do not wait for a person.'),
      }),
    ])
    .default('keep')
    .describe('What becomes of addresses whose cluster is not heard any more.'),
  publish: z.array(targetSchema).min(1),
});

export type DocumentBrakes = z.output<typeof brakesSchema>;
export type DocumentFirewallBrakes = z.output<typeof firewallBrakesSchema>;

/** Sections of the document; `firewalls` get their vendor's fields added. */
export const sectionNames = [
  'hub',
  'networks',
  'clusters',
  'hosts',
  'firewalls',
  'brakes',
  'groups',
  'delegations',
  'approvals',
  'quarantine',
  'ticketSystems',
] as const;

/** Form of the keys in the sections that are maps; the names become parts of names in AWS and of keys in the tables. */
export const keySchemas = {
  networks: z.string().regex(nameForms.part, partRule).max(32),
  clusters: z.string().regex(nameForms.part, partRule).max(63),
  hosts: z.string().regex(nameForms.part, partRule).max(40),
  firewalls: name,
  groups: name,
  delegations: name,
  ticketSystems: z.string().regex(nameForms.part, partRule).max(32),
} as const;
