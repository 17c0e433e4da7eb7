import { parse } from 'yaml';
import { z } from 'zod';
import { networkLimits, type NetworkReport } from '../core/network/report.ts';

/** A part of a report, with the number of list entries that did not fit. */
interface Read<T> {
  value: T;
  more: number;
}

const daemonSet = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.array(
          z.object({
            name: z.string(),
            env: z.array(z.object({ name: z.string(), value: z.string().nullish() })).nullish(),
          }),
        ),
      }),
    }),
  }),
  status: z
    .object({
      observedGeneration: z.number().nullish(),
      desiredNumberScheduled: z.number().int().nonnegative().nullish(),
    })
    .nullish(),
});

/** DaemonSet `aws-node`. A value that the manifest takes from elsewhere is told as such: nobody knows it. Throws for what is no DaemonSet. */
export function readAwsNode(object: unknown): Read<NonNullable<NetworkReport['vpcCni']>> {
  const { spec, status } = daemonSet.parse(object);
  const { containers } = spec.template.spec;
  const env = containers.find(({ name }) => name === 'aws-node')?.env ?? [];
  const valueOf = (wanted: string): string | undefined => {
    const entry = env.findLast(({ name }) => name === wanted);
    return entry && short(entry.value ?? 'from elsewhere');
  };
  const externalSnat = valueOf('AWS_VPC_K8S_CNI_EXTERNALSNAT');
  const excluded = env.findLast(({ name }) => name === 'AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS')?.value ?? '';
  const ranges = rangesOf(excluded.split(','));
  // A status that no controller has written yet says nothing.
  const scheduled = status?.observedGeneration ? (status.desiredNumberScheduled ?? 0) : undefined;
  return {
    value: {
      ...(scheduled === undefined ? {} : { scheduled }),
      ...(externalSnat ? { externalSnat } : {}),
      excluded: ranges.value,
      customNetworking: valueOf('AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG')?.toLowerCase() === 'true',
      ipv6: valueOf('ENABLE_IPv6')?.toLowerCase() === 'true',
    },
    more: ranges.more,
  };
}

const named = z.object({ name: z.string() });
const nodeClasses = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(
    z.object({ metadata: named, spec: z.object({ snatPolicy: z.string().nullish() }).nullish() }),
  ),
});

/** A listing of NodeClasses of EKS Auto Mode. Throws for what is none. */
export function readNodeClasses(object: unknown): Read<NonNullable<NetworkReport['autoMode']>> {
  const { metadata, items } = nodeClasses.parse(object);
  const all = items.map(({ metadata: { name }, spec }) => ({
    name: short(name),
    ...(spec?.snatPolicy ? { snatPolicy: short(spec.snatPolicy) } : {}),
  }));
  const { value, more } = first(all, networkLimits.nodeClasses, metadata?.continue);
  return { value: { nodeClasses: value }, more };
}

const mode = z.string().nullish();
const pools = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(
    z.object({
      metadata: named,
      spec: z.object({
        cidr: z.string(),
        natOutgoing: z.boolean().nullish(),
        disabled: z.boolean().nullish(),
        allowedUses: z.array(z.string()).nullish(),
        ipipMode: mode,
        vxlanMode: mode,
      }),
    }),
  ),
});

/** A listing of Calico's IPPools. Throws for what is none. */
export function readPools(object: unknown): Read<NonNullable<NetworkReport['pools']>> {
  const { metadata, items } = pools.parse(object);
  const all = items.map(({ metadata: { name }, spec }) => {
    const { natOutgoing, disabled, ipipMode, vxlanMode } = spec;
    const uses = spec.allowedUses ?? [];
    const modes = new Set([ipipMode, vxlanMode]);
    return {
      name: short(name),
      cidr: spec.cidr.slice(0, 43),
      natOutgoing: natOutgoing ?? false,
      disabled: disabled ?? false,
      workload: uses.length === 0 || uses.includes('Workload'),
      tunnel: modes.has('Always')
        ? ('always' as const)
        : modes.has('CrossSubnet')
          ? ('cross-subnet' as const)
          : ('never' as const),
    };
  });
  return first(all, networkLimits.pools, metadata?.continue);
}

const configMap = z.object({ data: z.record(z.string(), z.string()).nullish() });

/** ConfigMap `cilium-config`; whether the ip-masq-agent works is told by the presence of `masqAgent`. Throws for what is no ConfigMap. */
export function readCiliumConfig(object: unknown): NonNullable<NetworkReport['cilium']> {
  const data = configMap.parse(object).data ?? {};
  const valueOf = (name: string): string | undefined => {
    const value = Object.hasOwn(data, name) ? data[name] : undefined;
    return value ? short(value) : undefined;
  };
  const [ipam, routingMode, masquerade, native] = [
    'ipam',
    'routing-mode',
    'enable-ipv4-masquerade',
    'ipv4-native-routing-cidr',
  ].map(valueOf);
  return {
    ...(ipam ? { ipam } : {}),
    ...(routingMode ? { routingMode } : {}),
    ...(masquerade ? { masquerade } : {}),
    ...(native ? { nativeRoutingCidr: native.slice(0, 43) } : {}),
    ...(valueOf('enable-ip-masq-agent') === 'true' ? { masqAgent: {} } : {}),
  };
}

const masqConfig = z.object({ nonMasqueradeCIDRs: z.array(z.string()).nullish() }).nullish();

/**
 * ConfigMap `ip-masq-agent`: the ranges of `nonMasqueradeCIDRs` in its entry `config`, undefined when it names none.
 * Throws for what cannot be read.
 */
export function readMasqAgent(object: unknown): Read<string[]> | undefined {
  const { config = '' } = configMap.parse(object).data ?? {};
  const named = masqConfig.parse(parse(config))?.nonMasqueradeCIDRs;
  return named ? rangesOf(named) : undefined;
}

function rangesOf(texts: readonly string[]): Read<string[]> {
  const trimmed = texts.map((text) => text.trim()).filter((text) => text !== '' && text.length <= 43);
  return first(trimmed, networkLimits.ranges, undefined);
}

function first<T>(all: readonly T[], most: number, next: string | null | undefined): Read<T[]> {
  return { value: all.slice(0, most), more: Math.max(0, all.length - most) + (next ? 1 : 0) };
}

function short(text: string): string {
  return text.slice(0, 120).toWellFormed();
}
