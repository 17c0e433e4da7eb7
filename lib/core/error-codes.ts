/** When trying again makes sense: `soon` inside or right after this run, `next-run` when something changed, `never` until a person acts. */
export type Retry = 'soon' | 'next-run' | 'never';

/**
 * Every error code of Zonebridge with its retry class and what to do about it.
 * Codes are `room/reason` and are never renamed: people search for them, alarms and scripts match them.
 */
export const errorCodes = {
  'account/not-configured': [
    'never',
    'Name an account in which a cluster or hosts of zonebridge.yaml lie; the account of the hub is deployed without `--account`.',
  ],
  'account/not-signed-in': [
    'never',
    'Sign in to the account that the message names (AWS_PROFILE or another usual way), then run the command again.',
  ],
  'account/nothing-to-deploy': [
    'never',
    'Nothing has to be made in this account: its agents and functions come by OIDC providers or roles of your own.',
  ],
  'address/invalid': [
    'never',
    'Give an IPv4 or IPv6 address in its usual form, without leading zeros or zone id.',
  ],
  'address/outside-ranges': [
    'never',
    'Add the range to the cluster in zonebridge.yaml, or find out why the cluster uses an address outside it.',
  ],
  'address/claimed-twice': [
    'never',
    'Two clusters of one realm use this address: give them separate realms, or set sharedRanges: true if they share a subnet.',
  ],
  'address/host-name': [
    'never',
    'Give the load balancer addresses instead of a name; docs/addresses.md says which names are resolved.',
  ],
  'address/unusable': [
    'never',
    'Name the address of a pod or of a node; `zonebridge groups` lists those that are on firewalls.',
  ],
  'agent/record-too-large': [
    'never',
    'Shorten the labels of this object: one endpoint record must stay below 200 KB.',
  ],
  'agent/hub-silent': [
    'soon',
    'Check that the cluster is in zonebridge.yaml and deployed, and that the agent may read its queue.',
  ],
  'agent/no-lease': [
    'soon',
    'Let the service account of the agent get, create and update its Lease (Role zonebridge-agent-lease of the manifests), or run one replica with ZONEBRIDGE_LEASE=off.',
  ],
  'approval/not-possible': [
    'never',
    'No approval releases this; do what the message says, then the change goes on by itself.',
  ],
  'approval/second-person': [
    'never',
    'Another person, signed in to AWS and not the author of the configuration, has to decide; see docs/approvals.md.',
  ],
  'approval/ticket': [
    'never',
    'Give the number of the ticket by --ticket, in the form that approvals.ticket of the configuration asks for.',
  ],
  'approval/unknown-request': [
    'never',
    'Answer the newest approval-requested event of this firewall and group, once and before it lapses; see docs/events.md.',
  ],
  'cluster/access-denied': [
    'never',
    'Sign in with the rights that docs/onboarding.md lists for the account of the cluster, then run the command again.',
  ],
  'cluster/interrupted': ['soon', 'Run the command again: it does what is missing.'],
  'cluster/not-configured': [
    'never',
    'Add the cluster to `clusters` in zonebridge.yaml with its realm, ranges and cell, deploy, then run the command again.',
  ],
  'cluster/not-ready': [
    'never',
    'Mend what the message names, then run the command again; docs/onboarding.md says how.',
  ],
  'cluster/refused': ['never', 'The cluster or EKS refused it; the message says why.'],
  'cluster/silent': [
    'soon',
    'The agent is installed but the hub has not heard everything of it: look at its pod (`kubectl -n <namespace> logs deploy/zonebridge-agent`), then run the command again.',
  ],
  'cluster/unreachable': [
    'soon',
    'Check the network from here to EKS and to the API endpoint of the cluster (a private one is reached from its VPC alone), then run the command again.',
  ],
  'command/usage': ['never', 'See --help for the form of the command.'],
  'command/prerequisite': ['never', 'Install what is named, then run the command again.'],
  'configuration/invalid': ['never', 'Correct the named places, then run `zonebridge validate` again.'],
  'configuration/missing': [
    'never',
    'Run `zonebridge apply` once so that a configuration generation is active.',
  ],
  'configuration/canary-not-possible': [
    'never',
    'Apply what the message names without `--canary`, then try the rest.',
  ],
  'configuration/canary-waiting': [
    'never',
    'Run `zonebridge canary promote` or `zonebridge canary abort` first, then apply again.',
  ],
  'configuration/no-canary': [
    'never',
    'Nothing is being tried: `zonebridge status` shows the active generation, `zonebridge apply --canary <firewall>` begins a trial.',
  ],
  'configuration/not-active': [
    'never',
    'Correct the name, or run `zonebridge apply` if it is new in zonebridge.yaml; `zonebridge status` shows what is active.',
  ],
  'configuration/object-taken': [
    'never',
    'Keep the name of the group, or give the new one an object of its own; `zonebridge retire <group>` takes the old one off when no rule uses it.',
  ],
  'configuration/outdated': [
    'never',
    'Somebody else applied a configuration since the plan was made: look at the new plan, then apply again.',
  ],
  'demo/folder-in-use': [
    'never',
    'End the demo that uses the folder (Ctrl-C in its terminal), or start this one in another folder.',
  ],
  'demo/kubeconfig-not-usable': [
    'never',
    'Name a file and context with a token or a client certificate that are still good. Where a program makes the token (EKS does), make a short-lived one, as docs/demo.md shows: `kubectl create token`, or `aws eks get-token`.',
  ],
  'demo/namespace-left': [
    'never',
    'Look whether the namespace is still there, and delete it as the message says; nothing else was changed in the cluster.',
  ],
  'demo/namespace-taken': [
    'never',
    'Nothing was changed in the cluster: start the demo again, it takes another name.',
  ],
  'demo/pods-not-running': [
    'never',
    'The message says what the cluster gives as the reason. Make room for a pod or name an image that the nodes can pull (`--image`), then start the demo again.',
  ],
  'demo/rights-missing': [
    'never',
    'Nothing was changed in the cluster. Have the ClusterRole of docs/demo.md bound to you, or name another cluster.',
  ],
  'desired/invalid': [
    'never',
    'Nothing of it was applied. Upgrade the agent if the hub is newer; otherwise somebody else wrote into the bucket of the desired state.',
  ],
  'desired/missing': [
    'soon',
    'What the manifest names is not in the bucket (yet); nothing was changed, and the agent looks again.',
  ],
  'desired/older-generation': [
    'never',
    'The cluster had a newer one already, so nothing was changed: somebody put an old manifest back, or the hub was restored from a backup and publishes a newer one by itself.',
  ],
  'desired/wrong-cluster': [
    'never',
    'Nothing was changed: a manifest of another cluster lies where that of this one belongs. Look at who writes into the bucket.',
  ],
  'desired/wrong-signature': [
    'never',
    'Nothing was changed. Run `zonebridge onboard <cluster>` if the key of the hub was replaced; otherwise look at who writes into the bucket.',
  ],
  'file/not-written': [
    'never',
    'Name another place with `--config`, or make room there; a file that exists is never overwritten.',
  ],
  'firewall/budget-used': [
    'soon',
    'Our own budget of calls a minute is used up; what waits follows by itself. Raise `callsPerMinute` if the firewall takes more.',
  ],
  'firewall/busy': ['soon', 'The firewall works on something else; the change is retried by itself.'],
  'firewall/certificate-untrusted': [
    'never',
    'Put the certificate authority of the firewall into caFile (and tlsServerName if its name differs); verification cannot be switched off.',
  ],
  'firewall/circuit-open': [
    'next-run',
    'The firewall refused us as a whole and is left alone: mend what `zonebridge status` names, then run `zonebridge check <firewall>`.',
  ],
  'firewall/count-differs': [
    'soon',
    'Somebody else changed our object or a change got lost; a full comparison of the object follows by itself.',
  ],
  'firewall/credentials-rejected': [
    'never',
    'Store a valid credential (token, password or key) with `zonebridge secret set <firewall>`, and check that its administrator may sign in from where we call (trusted hosts); where AWS is the device, check the role.',
  ],
  'firewall/identity-changed': [
    'next-run',
    'The firewall was replaced, restored or failed over; a full comparison runs before anything is written.',
  ],
  'firewall/install-failed': [
    'soon',
    'The manager has the change, but not every firewall behind it; the message names them. It is installed again by itself: mend what keeps them from taking it.',
  ],
  'firewall/not-qualified': [
    'next-run',
    'The device was upgraded: run `zonebridge qualify` on one of this version in a scratch scope, and writing goes on by itself; or take `requireQualification` off this firewall.',
  ],
  'firewall/object-foreign': [
    'never',
    'An object of this name exists and does not carry our mark: rename the group, or offer the object by putting zonebridge:offer:<group> into its comment.',
  ],
  'firewall/object-in-use': [
    'never',
    'Take the object out of the named rules on the firewall, then retire it again.',
  ],
  'firewall/object-missing': [
    'next-run',
    'The object is gone from the firewall; it is created again when `create: own`, otherwise offer it again.',
  ],
  'firewall/outcome-unknown': ['soon', 'The reply was lost; the state is read back before the next try.'],
  'firewall/permission-denied': [
    'never',
    'Give the administrator that we sign in as, or the role where AWS is the device, the rights listed in the readme of this firewall type.',
  ],
  'firewall/rejected': ['never', 'The firewall refused the change; the message says why.'],
  'firewall/scope-missing': [
    'never',
    'The named scope (VDOM, ADOM, domain, device group, vsys, region or bucket) does not exist on the firewall, or whoever calls may not see it.',
  ],
  'firewall/table-full': [
    'never',
    'The firewall has no room for more entries: remove unused objects or use another channel.',
  ],
  'firewall/throttled': ['soon', 'The firewall blocks us for a while; calls are resumed by themselves.'],
  'firewall/truncated': [
    'never',
    'The firewall keeps fewer entries than it was sent: reduce the group or move it to another firewall.',
  ],
  'firewall/unexpected-answer': [
    'soon',
    'Something else than the firewall API answered (login page, proxy): check address, port and proxy.',
  ],
  'firewall/standby-unit': [
    'soon',
    'The unit that answers is not the active one of its cluster, or does not say so: address the cluster itself, name the other unit as `standby` where each has an address of its own, or wait until its failover has ended.',
  ],
  'firewall/unknown-device': [
    'never',
    'Another device answers than those that the entry names (`ha.serials`, `targets`): if it was replaced on purpose, put its serial number there, otherwise look at the route.',
  ],
  'firewall/unreachable': [
    'soon',
    'Check route, security group and port; the last state stays in force and is caught up by itself.',
  ],
  'firewall/unsupported': [
    'never',
    'This firewall version or setting cannot do it; the message names what can.',
  ],
  'hub/access-denied': [
    'never',
    'Sign in to the account of the hub (AWS_PROFILE or another usual way) with the rights of an operator, then run the command again.',
  ],
  'hub/deploy-failed': [
    'never',
    'What cdk wrote above says why; its stacks are as they were, or rolled back. Mend it, then deploy again.',
  ],
  'hub/missing': [
    'never',
    'Run `zonebridge deploy` for this configuration; check hub.name, hub.region and the account you are signed in to.',
  ],
  'hub/unreachable': [
    'soon',
    'Check the network and proxy from here to AWS, hub.region, AWS_ENDPOINT_URL if it is set, and that you are signed in, then run the command again.',
  ],
  'import/nothing-found': [
    'never',
    'Give the ConfigMaps of the former controller: `kubectl get configmaps -n tigera-firewall-controller -o yaml`; see docs/migrate-from-calico.md.',
  ],
  'import/unreadable': [
    'never',
    'Give files of Kubernetes objects in YAML or JSON, as `kubectl get -o yaml` writes them; nothing is imported from a part of them.',
  ],
  'kubernetes/listing-failed': [
    'soon',
    'The Kubernetes API did not answer a list in full; nothing is removed because of it.',
  ],
  'quarantine/not-found': [
    'never',
    'Look at `zonebridge status`, which lists the quarantines in force; it may have been lifted already.',
  ],
  'quarantine/too-many': [
    'never',
    'Lift quarantines that are over with `--lift`, or block the range on the firewall.',
  ],
  'quarantine/unknown-target': [
    'never',
    'Name an address, namespace/pod or cluster/namespace/pod; of a pod that is gone, name its address.',
  ],
  'qualification/missing': [
    'never',
    'Run `zonebridge qualify` on a device of this version in a scratch scope, or set `mode: observe` until then.',
  ],
  'qualification/not-scratch': [
    'never',
    'Give the scratch VDOM, ADOM, domain or device group an entry of its own under `firewalls`, to which no group publishes.',
  ],
  'record/invalid': ['never', 'The event does not have the form of an agent record; it was set aside.'],
  'record/stale-epoch': ['never', 'The sender is not the current agent of its cluster; nothing was changed.'],
  'record/too-old': [
    'never',
    'The event is older than 12 hours; the next manifest brings the current state.',
  ],
  'record/unknown-schema': ['never', 'Agent and hub are too far apart in version: upgrade the older one.'],
  'record/wrong-cluster': [
    'never',
    'The event names a cluster that is not configured, or another one than its source.',
  ],
  'restore/not-withheld': [
    'never',
    'Look at `zonebridge groups <group>`, which shows what is withheld; it may have been restored already.',
  ],
  'retire/nothing-left': [
    'never',
    'Run `zonebridge retire` without a name: it lists what is left on firewalls.',
  ],
  'retire/still-fetched': [
    'never',
    'Take the list out of the policies of these firewalls; a day after their last fetch it can be retired.',
  ],
  'retire/still-published': [
    'never',
    'Take it out of zonebridge.yaml and run `zonebridge apply`, then retire it again.',
  ],
  'rotation/not-possible': [
    'never',
    'Set up what the message names, as the readme of the firewall type says under rotation, then run `zonebridge secret rotate <firewall>`.',
  ],
  'secret/invalid': ['never', 'Store the credential again with `zonebridge secret set <firewall>`.'],
  'secret/missing': ['never', 'Store the credential with `zonebridge secret set <firewall>`.'],
  'secret/not-needed': [
    'never',
    'Leave it out: the rights of the role of whoever calls decide; `zonebridge check <firewall>` shows whether they are enough.',
  ],
  'simulator/not-started': [
    'never',
    'Give another port (`--port 0` takes a free one), or a file and folder that this user may read and write.',
  ],
  'policy/not-expressible': [
    'never',
    'Use `--engine calico` where Calico enforces policies, or write the selector of the group more simply.',
  ],
  'selector/invalid': ['never', 'Correct the selector at the named position.'],
  'host/access-denied': [
    'never',
    'In another account run `zonebridge deploy --account` signed in there, or give the role in `readRole` the right to describe instances and network interfaces; docs/addresses.md says which.',
  ],
  'host/refused': [
    'never',
    'EC2 refused to tell about instances or network interfaces; the message says why.',
  ],
  'store/condition-failed': ['soon', 'Somebody else wrote first; the step is repeated with fresh state.'],
  'store/unavailable': ['soon', 'The state store did not answer; the work is redelivered.'],
  'sync/lease-held': ['soon', 'Another run works on this firewall; this one comes back.'],
  'sync/lease-lost': ['soon', 'The run took too long and stopped before writing; a fresh one follows.'],
} as const satisfies Record<string, readonly [Retry, string]>;
