import type { z } from 'zod';
import type { Problem, ZonebridgeError } from './errors.ts';
import type { AddressGroup, GroupTarget } from './model/address-group.ts';
import type { ListServing, ListSource } from './lists.ts';
import type { Clock } from './ports.ts';

/** What a channel of a firewall can do; data, so that plan, documentation and tests ask it instead of keeping lists. */
export interface ChannelFacts {
  /** Every write is a configuration revision: pods only with `acceptConfigChurn`. */
  writesConfiguration: boolean;
  /** Longest object name, in characters. */
  nameLength: number;
  /** Most members of one object before sharding or refusal. */
  membersMax: number;
  /** An object that a former tool keeps can become ours here, with the rules that use it; then `observeFormer` is there, too. */
  adopts?: boolean;
  /** What is written acts on the devices only after something that is not ours to do, such as `a deployment by a person`. */
  actsAfter?: string;
  /** Each write carries all members, so its bytes grow with the object, though not its calls. */
  writesWhole?: true;
  /** What a change costs. */
  calls: ChannelCalls;
  /**
   * An object of ours is never made: it is there as soon as it is named, because its name alone says whose it is, and it is nothing apart
   * from its members. Then `objectName` has to hold the firewall, and nobody looks for a renamed one.
   */
  madeByName?: true;
}

/**
 * Calls that `apply` needs when all goes well; a plan is cut by them when the budget is short. A part of a call, such as 0.001, where so
 * many addresses travel together.
 */
export interface ChannelCalls {
  /** Once for all objects of the channel, for each object that changes, for each address added and removed. */
  apply: number;
  object: number;
  add: number;
  remove: number;
}

export interface FirewallFacts {
  channels: Readonly<Record<string, ChannelFacts>>;
  /** A separate commit or install makes changes effective. */
  commit: boolean;
  ipv6: boolean;
  /** Calls a minute we allow ourselves, unless the configuration says otherwise. */
  callsPerMinute: number;
  /** The most that the configuration may allow. */
  callsPerMinuteMost: number;
  /** What is known about published addresses after a reboot. */
  survivesReboot: 'yes' | 'no' | 'unconfirmed';
  /**
   * How long after a write of ours a read may still be answered from before it: by a copy, a cache, the other unit of a pair. Absent: what was
   * written is read. A comparison judges nothing by such a read.
   */
  readsLagMs?: number;
}

/** Who answers: compared run by run, so that a replaced, failed-over or restored firewall is noticed. */
export interface DeviceIdentity {
  serial: string;
  version: string;
  /** Milliseconds since 1970 of the last start, when the device tells it. */
  bootTime?: number;
  /** HA role, when the device tells it. */
  role?: string;
}

/** The object of a group on a firewall. */
export interface ObjectRef {
  group: string;
  /** Name on the firewall, already mapped into its alphabet and length. */
  name: string;
  channel: string;
  create: 'offered' | 'own';
  /** Whole comment of a former tool's object that may become ours; only on channels that adopt. */
  adopt?: string | undefined;
  /** Most members the group may have (its `maxMembers`): decides the layout on devices that split large groups. */
  sizeHint?: number;
  /** What is added or renewed from now on is forgotten by the device after so many milliseconds; absent: never. */
  lifetimeMs?: number;
}

/** Begins the text of a member whose object a person edited; the address follows. */
export const editedWord = 'edited:';

/** Certificate that a device showed, already verified. `validTo` in milliseconds since 1970. */
export interface DeviceCertificate {
  subject: string;
  validTo: number;
}

/** What an object lets match that a former tool filled. */
export interface FormerMembers {
  /** Single addresses, canonical, through whatever objects. */
  addresses: readonly string[];
  /** Members that are no single address (ranges, names, groups), in the device's words. */
  others: readonly string[];
}

export interface ObservedObject {
  exists: boolean;
  /** Comment or description as stored; the plan looks for our mark or the offer in it. */
  comment: string;
  /** Entries as the device counts them, when it tells cheaply. */
  memberCount?: number;
}

/** An object as a listing shows it. */
export interface NamedComment {
  name: string;
  comment: string;
}

/** What to do with one object; the adapter chooses the calls and their order. */
export interface ObjectChanges {
  object: ObjectRef;
  /** Make the object first, with this comment. */
  createWith?: { comment: string };
  /**
   * Make it ours first, by this comment. Its whole comment must still be `object.adopt`, otherwise nothing of the object is touched
   * (`firewall/object-foreign`). Members stay as they are; a former tool's are shown as somebody else's from then on.
   */
  adoptWith?: { comment: string };
  /** Canonical addresses. */
  add: readonly string[];
  remove: readonly string[];
  /**
   * Members whose time begins anew; only on a channel that forgets them by itself. One that is not there any more is not put there: that is
   * `firewall/object-missing`, and the next comparison says who took it off.
   */
  renew?: readonly string[];
  /** Members the object should have afterwards; a device that counts otherwise is reported as truncated or changed. */
  expectedCount: number;
}

export type Outcome =
  | { state: 'done' }
  /** The reply was lost: it may or may not be there. */
  | { state: 'unknown'; error: ZonebridgeError }
  | { state: 'failed'; error: ZonebridgeError };

export interface ObjectReport {
  object: ObjectRef;
  /** Outcome of the creation or adoption, when one was asked for. */
  created?: Outcome;
  /** Outcome per address of `add`, `remove` and `renew`. */
  outcomes: ReadonlyMap<string, Outcome>;
  /** Entries afterwards, as the device counts them, where the channel has a cheap count. */
  countAfter?: number;
  /** Set when the device cut entries or holds more or fewer than expected. */
  suspicion?: ZonebridgeError;
}

/** What refers to an object on a device. */
export interface ObjectUse {
  /** Undefined when the device does not tell: then only the deletion itself shows it. */
  count: number | undefined;
  /** Rules and objects that refer to it, in the vendor's words; may be fewer than are counted. */
  users: readonly { where: string; key: string; field: string | undefined }[];
}

/** A connected firewall. Every method may throw a ZonebridgeError of the `firewall/` room for the whole attempt. */
export interface FirewallConnection {
  /** One cheap read. */
  identity(): Promise<DeviceIdentity>;
  /** Identity as the last answer's envelope showed it, without a call; undefined before the first call. */
  lastIdentity(): DeviceIdentity | undefined;
  /** Certificate of the last TLS session, without a call; undefined before the first one, absent where the module cannot tell. */
  certificate?(): DeviceCertificate | undefined;
  observeObject(object: ObjectRef): Promise<ObservedObject>;
  /**
   * Names and comments of all objects of this one's kind and scope, whoever made them. Asked only when an object that we make is not there:
   * where a device carries rules along with a rename, the one that lost its name may still be in use. A page that is missing throws.
   * Absent where no rule follows a rename, or where objects cannot be listed: then nobody looks.
   */
  listObjects?(object: ObjectRef): Promise<readonly NamedComment[]>;
  /**
   * All members in canonical form. A page that is missing throws: a missing answer is not an empty answer.
   * What a person put in and is no single address of ours comes as text that is no address (a range, or `object:<name>`);
   * `apply` takes the same text in `remove`. An address whose object of ours was edited comes as `edited:<address>`:
   * it is not a member now, and adding it again repairs it.
   */
  observeMembers(object: ObjectRef): Promise<readonly string[]>;
  /** What an object matches that a former tool fills, for `plan`; it is written to by nobody of us yet. A page that is missing throws. */
  observeFormer?(object: ObjectRef): Promise<FormerMembers>;
  /**
   * Reads back whether these addresses are members, on whatever enforces them. One that is left out is on its way, or cannot be told yet: its
   * change is made once more, which has to be harmless.
   */
  observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>>;
  /** Changes several objects in as few calls as the vendor allows. Never throws for a single change: it reports. */
  apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]>;
  /** What uses an object; without a count where the vendor cannot tell. */
  references(object: ObjectRef): Promise<ObjectUse>;
  /**
   * Deletes an object of ours with what belongs to it, such as child groups; what is not there is no error. Never one without our mark.
   * Throws `firewall/object-in-use`, `firewall/object-foreign`, or `firewall/unsupported` where it cannot be done.
   */
  deleteObject(object: ObjectRef): Promise<void>;
  /** Calls and bytes so far, for budgets and figures. */
  usage(): { calls: number; writes: number; bytesSent: number; bytesReceived: number };
  close(): Promise<void>;
}

export interface ConnectionRequest<Settings> {
  /** The configured, immutable id of the firewall. */
  firewall: string;
  /** Name of the hub; part of the names of helper objects that carry no group, such as address objects. */
  hub: string;
  settings: Settings;
  /** The secret, such as an API token. Only ever put into a header. Empty for a module that works without one. */
  credential: string;
  clock: Clock;
  /** No call to the device may last beyond this moment (milliseconds since 1970). */
  deadline: number;
  /**
   * Asked before each call: 0 counts it, otherwise it has to wait so many milliseconds. A call that would have to wait beyond the deadline
   * is not made: `firewall/budget-used`. Absent: a person asks, whose few calls are not counted.
   */
  takeCall?: ((now: number) => number) | undefined;
  /** Comment to put on, and expect from, an object of this name that we make. */
  commentFor(objectName: string): string;
}

/** A target with everything that decides whether it can work. */
export interface TargetReview<Settings> {
  firewall: string;
  settings: Settings;
  group: AddressGroup;
  target: GroupTarget;
  /** Path of the target in the configuration. */
  path: string;
}

/** What only `zonebridge check` asks a device; reads alone. */
export interface Diagnosis {
  certificate: DeviceCertificate | undefined;
  /** Clock of the device minus ours, to the second; undefined when it does not tell. */
  clockDifferenceMs: number | undefined;
  /** Tables that the channels need, and whether they may be read; a right to write cannot be told by reading. */
  rights: readonly { table: string; readable: boolean; needed: string }[];
  /** What else a person should know about this device, such as defects of its release or its role in a pair. */
  notes?: readonly DiagnosisNote[];
}

export interface DiagnosisNote {
  /** One or two words, such as `defects`. */
  name: string;
  state: 'ok' | 'warning';
  text: string;
  /** What to do about a warning. */
  remedy?: string;
}

/** Making and taking away keys is the right of another administrator, whose credential is a secret of its own. */
export interface KeyRequest<Settings> {
  firewall: string;
  hub: string;
  settings: Settings;
  /** Credential of the administrator that may make keys. */
  keyMaker: string;
  clock: Clock;
  /** No call may last beyond this moment (milliseconds since 1970). */
  deadline: number;
}

/** How a vendor renews credentials while the one in use stays valid. */
export interface KeyRotation<Settings> {
  /** Makes a credential with the same rights beside the current one, which stays valid. Throws `rotation/not-possible`. */
  create(request: KeyRequest<Settings>, current: string): Promise<string>;
  /** Makes a former credential useless, and never the current one. */
  revoke(request: KeyRequest<Settings>, keys: { former: string; current: string }): Promise<void>;
}

/** Something that no source tells about a vendor, and that a device in a scratch scope can be asked. */
export interface OpenQuestion<Settings> {
  /** Stable word, such as `names-by-case`. */
  id: string;
  /** What the module takes for true until a device has answered. */
  assumption: string;
  /** Asks with objects whose names begin with `prefix`, and removes them again. `seen`: what the device did, in one line. */
  ask(request: ConnectionRequest<Settings>, prefix: string): Promise<{ holds: boolean; seen: string }>;
}

/** What the name of a group's object is made of. */
export interface ObjectNameRequest {
  hub: string;
  group: string;
  channel: string;
  /** The configured id of the firewall; only a channel that is `madeByName` needs it. */
  firewall?: string | undefined;
  /** A name that the configuration gives instead. */
  override?: string | undefined;
}

/** One line of what a role may do in AWS. */
export interface AwsRight {
  sid: string;
  actions: readonly string[];
  resources: readonly string[];
  conditions?: Record<string, Record<string, string | string[]>>;
  /** Why the resources hold a wildcard, when they do. */
  wildcard?: string;
}

/** A device that is a part of AWS: where it lies, and what the functions that call it may do there. */
export interface AwsAccess {
  account: string;
  region: string;
  /** Word of the service, as its endpoints are called, such as `ec2`. */
  service: string;
  /** Of all functions that look at it, and of the one that writes to it. */
  reads: readonly AwsRight[];
  writes: readonly AwsRight[];
}

/**
 * What there is to know of a vendor without asking a device: what `lib/firewalls/<vendor>/description.ts` exports and
 * `lib/firewalls/descriptions.ts` lists. It loads no client, so that all functions, synthesis and validation can have it.
 */
export interface FirewallDescription<Settings = unknown> {
  /** The word in the configuration, such as `fortigate`. */
  kind: string;
  displayName: string;
  /** Fields of the firewall's entry in the configuration beside the common ones. */
  settings: z.ZodType<Settings>;
  facts: FirewallFacts;
  /** In place of the numbers of `facts`, where they depend on the settings, such as the version. */
  callsPerMinute?(settings: Settings): { usual: number; most: number };
  /** The management plane that takes one writer at a time; firewalls with the same key share a lease. */
  writerKey(settings: Settings): string;
  /** Which device it is, where several have one writer; `writerKey` tells it unless given. */
  device?(settings: Settings): string;
  /** Scope inside the device that is part of the mark, such as the VDOM. */
  scope(settings: Settings): string;
  /** Name of a group's object: injective, in the device's alphabet, within its length. `override` is checked and used as it is. Throws `configuration/invalid`. */
  objectName(request: ObjectNameRequest): string;
  /** Two names with the same key are the same object to the device (case, normal form). */
  nameKey(name: string): string;
  /**
   * Only for a channel that makes an object of each address, for all groups of an entry: where these lie, and `mark` where they carry
   * another than the entry's own. What entries make in one place under two marks, each refuses as a stranger's.
   */
  addressObjects?(settings: Settings, channel: string): { place: string; mark?: string } | undefined;
  /** Combinations that cannot work, each with what to do instead. */
  review(review: TargetReview<Settings>): Problem[];
  /**
   * How long the device keeps a member of this channel before it forgets it by itself, in milliseconds; undefined, or without this: for ever.
   * Counts only for groups that let addresses go without a person when nobody is heard (`onSilence`).
   */
  lifetimeMs?(settings: Settings, channel: string): number | undefined;
  /** How the device stores an address, so that a second plan is empty. */
  canonical(address: string): string;
  /**
   * No credential of its own: what calls is known by its own identity, such as the role of a function. Then no secret is made, stored,
   * read or renewed, `checkCredential` is not asked, and `connect` gets an empty one.
   */
  withoutCredential?: true;
  /** Only where AWS is the device: the functions get these rights, and nobody else is asked for any. */
  awsAccess?(settings: Settings): AwsAccess;
  /** The credential's form, without any call. */
  checkCredential(credential: string): string | undefined;
  /** Where an administrator types in from which addresses the interface may be called; nothing where the device knows no such list. */
  trustedHosts?(settings: Settings): string | undefined;
  /** Where the vendor's interface can make keys; without it a person makes them. Says what the settings lack for it, undefined when nothing. */
  rotationLacks?(settings: Settings): string | undefined;
  /** Only where firewalls fetch from us what the connection writes. */
  serving?: ListServing<Settings>;
}

/** One vendor, whole: what `lib/firewalls/<vendor>/index.ts` exports and `lib/firewalls/registry.ts` lists. */
export interface FirewallModule<Settings = unknown> extends FirewallDescription<Settings> {
  /** Returns a connection; makes no call yet. */
  connect(request: ConnectionRequest<Settings>): Promise<FirewallConnection>;
  /** More than the identity, for `zonebridge check`. Throws what the device refuses altogether. */
  diagnose?(request: ConnectionRequest<Settings>, channels: readonly string[]): Promise<Diagnosis>;
  /** Only with `rotationLacks`. */
  rotation?: KeyRotation<Settings>;
  /** What `zonebridge qualify` settles on a device; asked by calls alone, never by a restart. */
  openQuestions?(): Promise<readonly OpenQuestion<Settings>[]>;
  /** Only with `serving`: what the lists are read from, to serve them. */
  openLists?(settings: Settings, clock: Clock): Promise<ListSource>;
}

/** A vendor as whoever serves its lists knows it; `openLists` is there where `serving` is. */
export type ServingFirewall<Settings = unknown> = FirewallDescription<Settings> &
  Pick<FirewallModule<Settings>, 'openLists'>;
