import { foreign, metadataWith } from './former-keys.ts';
import { isMap } from './objects.ts';
import { keys } from './settings.ts';
import { each, type Entries, fields, type Known, taken } from './untold.ts';

const mayHold = {
  reason: 'settings may stand there that are in no ConfigMap given: put them into one and import once more',
};

/** A workload of the former tool: how Kubernetes runs it goes away with it, what it is told does not. */
export function workload(environment: Entries, configMaps: ReadonlySet<string>): Known {
  const container = fields({
    ...each('name image imagePullPolicy resources ports lifecycle securityContext volumeMounts', foreign),
    ...each('livenessProbe readinessProbe startupProbe', foreign),
    ...each('terminationMessagePath terminationMessagePolicy', foreign),
    ...each('command args envFrom', mayHold),
    env: { named: true, inside: environment },
  });
  const volume: Entries = (key, value) => {
    if (key !== 'configMap') return key === 'name' || key === 'emptyDir' ? taken : mayHold;
    return configMaps.has(textIn(value, 'name')) ? foreign : mayHold;
  };
  const pod = fields({
    ...each('affinity dnsPolicy enableServiceLinks imagePullSecrets nodeSelector priorityClassName', foreign),
    ...each('restartPolicy schedulerName securityContext serviceAccount serviceAccountName', foreign),
    ...each('terminationGracePeriodSeconds tolerations topologySpreadConstraints', foreign),
    ...each('containers initContainers', container),
    volumes: { named: true, inside: () => ({ inside: volume }) },
  });
  const spec = fields({
    ...each('replicas selector strategy updateStrategy minReadySeconds paused', foreign),
    ...each('revisionHistoryLimit progressDeadlineSeconds', foreign),
    template: fields({ metadata: metadataWith(), spec: pod }),
  });
  return fields({ ...each('apiVersion kind status'), metadata: metadataWith(), spec });
}

const source = fields({
  ...each('name value'),
  valueFrom: { inside: () => fields(each('name key optional')) },
});

/** Environment of the controller; what comes from a ConfigMap that was read is known by its key there. */
export function environmentIn(configMaps: ReadonlySet<string>): Entries {
  return (name, entry) => {
    const known = Object.hasOwn(variables, name) ? variables[name]?.(entry, configMaps) : undefined;
    return known && { ...known, ...source };
  };
}

type Variable = (entry: unknown, configMaps: ReadonlySet<string>) => Known;

const variables: Readonly<Record<string, Variable>> = {
  FW_POLICY_SELECTOR_EXPRESSION: from(keys.policySelector),
  FW_ADDRESS_SELECTION: from(keys.addressSelection),
  FW_FORTIGATE_CONFIG_PATH: file,
  FW_FORTIMGR_CONFIG_PATH: file,
  FW_INSECURE_SKIP_VERIFY: (entry) => {
    const reason = 'certificates are always verified here: each firewall needs its `caFile`';
    return textIn(entry, 'value').toLowerCase() === 'false' ? taken : { reason };
  },
  FW_FORTIMGR_EW_POLL_INTERVAL: () => ({
    reason: "how often a manager's rules are read for the cluster, which stays with the former controller",
  }),
  ENABLED_CONTROLLERS: () => ({
    reason: 'a part of the controller that is off keeps no groups: `plan` shows all of theirs as new',
  }),
  LOG_LEVEL: () => ({ reason: 'nothing to do: there is no such setting here' }),
};

const again = 'it may say something else than the ConfigMap: put its value there and import once more';

function from(setting: string): Variable {
  return (entry, configMaps) => {
    const given = isMap(entry) ? entry['valueFrom'] : undefined;
    const reference = isMap(given) ? given['configMapKeyRef'] : undefined;
    const isRead = textIn(reference, 'key') === setting && configMaps.has(textIn(reference, 'name'));
    return isRead ? taken : { reason: again };
  };
}

/** The controller gets its lists of devices as files of this folder. */
function file(entry: unknown): Known {
  return textIn(entry, 'value').startsWith('/etc/tigera/') ? taken : { reason: again };
}

function textIn(value: unknown, key: string): string {
  const text = isMap(value) ? value[key] : undefined;
  return typeof text === 'string' ? text : '';
}
