import { fields, type Known, taken } from './untold.ts';

/** Words by which the former tool, and the firewalls that it writes to, call what is theirs. */
const words = /calico|tigera|forti(?:net|gate|manager|mgr)|panorama/i;

export const egressReason =
  'groups of egress addresses are not built yet: put the fixed addresses into the rules of the firewall by hand';
export const panoramaReason =
  'the integration with Panorama takes its rules and address groups into the cluster, and writes none there: nothing to take over';

const elsewhere =
  'the firewall controller does not read it here: look whether somebody meant it for another place';

/** Labels and annotations, with why they are not carried over; those without a reason are notes of Calico's own. */
const keys: readonly { fits: RegExp; reason?: string }[] = [
  {
    fits: /^tigera\.io\/address-group$/,
    reason:
      'translated rules of a manager select it; make a group with that label if a firewall needs these addresses, too',
  },
  { fits: /^firewall\.tigera\.io\//, reason: panoramaReason },
  {
    fits: /^(?:egress\.projectcalico\.org\/|cni\.projectcalico\.org\/awsElasticIPs$|projectcalico\.org\/egw$)/,
    reason: egressReason,
  },
  { fits: /^cni\.projectcalico\.org\/(?:containerID|podIPs?)$/ },
  { fits: /^tigera\.firewall\./, reason: elsewhere },
];

/** What is known of a label or annotation; those that do not sound like the former tool are no business of an import. */
function formerKey(key: string): Known | undefined {
  if (!words.test(key)) return taken;
  const found = keys.find(({ fits }) => fits.test(key));
  return found && (found.reason === undefined ? taken : { reason: found.reason });
}

/** Of objects that are not the former tool's own: nothing matters but keys that sound like it, wherever they stand. */
export const foreign: Known = {
  texts: true,
  inside: (key, value) => {
    if (key === 'managedFields' || key === 'status') return taken;
    if (words.test(key)) return formerKey(key);
    return typeof value === 'object' ? foreign : taken;
  },
};

/** What is known of the metadata of every object; `own` labels are read. */
export function metadataWith(own: readonly string[] = []): Known {
  const texts: Known = { inside: (key) => (own.includes(key) ? taken : formerKey(key)) };
  const known = fields({ labels: texts, annotations: { inside: formerKey } });
  return {
    inside: (key, value) => known.inside?.(key, value) ?? (kubernetesOwn.includes(key) ? taken : undefined),
  };
}

const kubernetesOwn = [
  'name',
  'namespace',
  'generateName',
  'uid',
  'selfLink',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

export function soundsFormer(text: string): boolean {
  return words.test(text);
}
