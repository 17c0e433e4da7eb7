import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type {
  ConnectionRequest,
  DeviceCertificate,
  DeviceIdentity,
  Diagnosis,
  DiagnosisNote,
  FirewallConnection,
  FirewallModule,
  KeyRequest,
  KeyRotation,
  ObjectChanges,
  ObjectRef,
} from '../../core/firewall.ts';
import type { ManagementSettings } from './settings.ts';

/** The unit that answered as the active one, by the addresses of its pair; kept as long as the process. */
const lastActive = new Map<string, string>();

type Request<S> = ConnectionRequest<S>;
/** Whether a unit has to say that it is the active one. */
type MustSay<S> = (settings: S) => boolean;

/**
 * A module whose devices may be pairs of units with an address each (`standby` in the settings): whoever connects gets the active unit.
 * Which one that is, is asked once in a connection and never changes within it, so a plan that was begun on one unit is not finished on the
 * other. The other serial number then shows as a take-over, and everything is compared before anything is written.
 */
export function inPairs<S extends ManagementSettings>(
  module: FirewallModule<S>,
  mustSay: MustSay<S> = () => true,
): FirewallModule<S> {
  const of = async (request: Request<S>): Promise<S> => await activeSettings(module, request, mustSay);
  return {
    ...module,
    connect: async (request) =>
      request.settings.standby ? new PairConnection(module, request, mustSay) : await module.connect(request),
    ...(module.diagnose && {
      diagnose: async (request, channels) => {
        const settings = await of(request);
        const found = (await module.diagnose?.({ ...request, settings }, channels)) as Diagnosis;
        if (!request.settings.standby) return found;
        const note = await noteOfOther(module, request, settings);
        return { ...found, notes: [...(found.notes ?? []), note] };
      },
    }),
    ...(module.rotation && { rotation: rotationOf(module.rotation, of) }),
    ...(module.openQuestions && {
      openQuestions: async () =>
        ((await module.openQuestions?.()) ?? []).map((question) => ({
          ...question,
          ask: async (request: Request<S>, prefix: string) =>
            await question.ask({ ...request, settings: await of(request) }, prefix),
        })),
    }),
  };
}

function rotationOf<S>(rotation: KeyRotation<S>, of: (request: Request<S>) => Promise<S>): KeyRotation<S> {
  return {
    create: async (request, current) => {
      const settings = await of(asOwner(request, current));
      return await rotation.create({ ...request, settings }, current);
    },
    revoke: async (request, keys) => {
      const settings = await of(asOwner(request, keys.current));
      await rotation.revoke({ ...request, settings }, keys);
    },
  };
}

/** Whether the unit that is not active could take over. */
async function noteOfOther<S extends ManagementSettings>(
  module: FirewallModule<S>,
  request: Request<S>,
  active: S,
): Promise<DiagnosisNote> {
  const name = 'other unit';
  const settings = unitsOf(request.settings).find((one) => placeOf(one) !== placeOf(active)) ?? active;
  const connection = await module.connect({ ...request, settings });
  try {
    const { serial, role } = await connection.identity();
    const text = `${serial} at ${placeOf(settings)} answers as ${role ?? 'one that says nothing of its role'}`;
    return {
      name,
      state: 'warning',
      text,
      remedy: 'Two units that both take changes are no pair: see how they stand there.',
    };
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/standby-unit'))
      return { name, state: 'ok', text: `${placeOf(settings)} waits in reserve` };
    const text = `${placeOf(settings)}: ${error instanceof Error ? error.message : String(error)}`;
    return {
      name,
      state: 'warning',
      text,
      remedy: 'After a failover nothing would be written: let this unit be reached with the same credential.',
    };
  } finally {
    await connection.close();
  }
}

async function activeSettings<S extends ManagementSettings>(
  module: FirewallModule<S>,
  request: Request<S>,
  mustSay: MustSay<S>,
): Promise<S> {
  if (!request.settings.standby) return request.settings;
  const pair = new PairConnection(module, request, mustSay);
  try {
    return await pair.settings();
  } finally {
    await pair.close();
  }
}

/** To find out who is active, nothing is written, so no comment is asked for. */
function asOwner<S>(request: KeyRequest<S>, credential: string): Request<S> {
  const { firewall, hub, settings, clock, deadline } = request;
  return { firewall, hub, settings, clock, deadline, credential, commentFor: (name) => name };
}

interface Unit<S> {
  settings: S;
  connection: FirewallConnection;
  /** When it was asked just now. */
  identity?: DeviceIdentity;
}

class PairConnection<S extends ManagementSettings> implements FirewallConnection {
  readonly #module: FirewallModule<S>;
  readonly #request: Request<S>;
  readonly #mustSay: MustSay<S>;
  readonly #opened: FirewallConnection[] = [];
  #choosing: Promise<Unit<S>> | undefined;
  #unit: Unit<S> | undefined;

  constructor(module: FirewallModule<S>, request: Request<S>, mustSay: MustSay<S>) {
    this.#module = module;
    this.#request = request;
    this.#mustSay = mustSay;
  }

  async identity(): Promise<DeviceIdentity> {
    if (this.#unit) return await this.#unit.connection.identity();
    const { connection, identity } = await this.#chosen(async () => await this.#find());
    return identity ?? (await connection.identity());
  }

  /** Settings with the address of the active unit. */
  async settings(): Promise<S> {
    return (await this.#chosen(async () => await this.#find())).settings;
  }

  lastIdentity(): DeviceIdentity | undefined {
    return this.#unit?.connection.lastIdentity();
  }

  certificate(): DeviceCertificate | undefined {
    return this.#unit?.connection.certificate?.();
  }

  async observeObject(object: ObjectRef) {
    return await (await this.#connection()).observeObject(object);
  }

  async listObjects(object: ObjectRef) {
    return (await (await this.#connection()).listObjects?.(object)) ?? [];
  }

  async observeMembers(object: ObjectRef) {
    return await (await this.#connection()).observeMembers(object);
  }

  async observeFormer(object: ObjectRef) {
    const former = await (await this.#connection()).observeFormer?.(object);
    if (former) return former;
    throw new ZonebridgeError('firewall/unsupported', `nothing is adopted over channel ${object.channel}`);
  }

  async observeSome(object: ObjectRef, addresses: readonly string[]) {
    return await (await this.#connection()).observeSome(object, addresses);
  }

  async apply(changes: readonly ObjectChanges[]) {
    return await (await this.#connection()).apply(changes);
  }

  async references(object: ObjectRef) {
    return await (await this.#connection()).references(object);
  }

  async deleteObject(object: ObjectRef) {
    return await (await this.#connection()).deleteObject(object);
  }

  usage(): ReturnType<FirewallConnection['usage']> {
    const sum = { calls: 0, writes: 0, bytesSent: 0, bytesReceived: 0 };
    for (const used of this.#opened.map((one) => one.usage()))
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += used[name];
    return sum;
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((one) => one.close()));
  }

  /** The unit that was active when this process last looked is not asked again before each run: its refusal leads to a look. */
  async #connection(): Promise<FirewallConnection> {
    const known = unitsOf(this.#request.settings).find((one) => placeOf(one) === this.#remembered);
    const unit = await this.#chosen(async () => (known ? await this.#open(known) : await this.#find()));
    return unit.connection;
  }

  async #chosen(choose: () => Promise<Unit<S>>): Promise<Unit<S>> {
    this.#choosing ??= choose();
    try {
      this.#unit = await this.#choosing;
      return this.#unit;
    } catch (error) {
      this.#choosing = undefined;
      throw error;
    }
  }

  async #find(): Promise<Unit<S>> {
    const pair = pairOf(this.#request.settings);
    const refusals: ZonebridgeError[] = [];
    const later = (one: S): number => Number(placeOf(one) !== this.#remembered);
    for (const settings of unitsOf(this.#request.settings).sort((a, b) => later(a) - later(b))) {
      const unit = await this.#open(settings);
      try {
        const identity = await unit.connection.identity();
        this.#requireActive(settings, identity);
        lastActive.set(pair, placeOf(settings));
        return { ...unit, identity };
      } catch (error) {
        if (!isZonebridgeError(error, 'firewall/unreachable', 'firewall/standby-unit')) throw error;
        refusals.push(error);
      }
    }
    lastActive.delete(pair);
    // One that cannot be reached may be the active one.
    throw refusals.find(({ code }) => code === 'firewall/unreachable') ?? refusals[0];
  }

  get #remembered(): string | undefined {
    return lastActive.get(pairOf(this.#request.settings));
  }

  #requireActive(settings: S, { serial, role }: DeviceIdentity): void {
    if (role !== undefined || !this.#mustSay(settings)) return;
    throw new ZonebridgeError(
      'firewall/standby-unit',
      `${serial} answers at ${placeOf(settings)} and does not say whether it is the active unit of a pair: leave \`standby\` out if there is none, or let the administrator read the role`,
    );
  }

  async #open(settings: S): Promise<Unit<S>> {
    const connection = await this.#module.connect({ ...this.#request, settings });
    this.#opened.push(connection);
    return { settings, connection };
  }
}

/** The settings of each unit, as if it were alone. */
function unitsOf<S extends ManagementSettings>(settings: S): S[] {
  const { address, port, standby } = settings;
  const other = standby ? [{ address: standby.address, port: standby.port ?? port }] : [];
  return [{ address, port }, ...other].map((place) => ({ ...settings, ...place, standby: undefined }));
}

function placeOf({ address, port }: ManagementSettings): string {
  return `${address.toLowerCase()}:${port}`;
}

function pairOf(settings: ManagementSettings): string {
  return unitsOf(settings).map(placeOf).join(' ');
}
