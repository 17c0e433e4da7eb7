import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type {
  DeviceCertificate,
  DeviceIdentity,
  FirewallConnection,
  FormerMembers,
  NamedComment,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
  Outcome,
} from '../../core/firewall.ts';
import type { SecretStage } from '../../core/ports.ts';
import { metrics } from '../metrics.ts';
import type { Ports } from '../ports.ts';
import { reportsByObject } from './reports.ts';

/** A connection that knows with which value of the secret it works. */
export interface CredentialedConnection extends FirewallConnection {
  /** The stage whose value the device accepted last; before the first call the current one. */
  credentialStage(): SecretStage;
  /** Nothing, where the module cannot list. */
  listObjects(object: ObjectRef): Promise<readonly NamedComment[]>;
  /** Only where the channel adopts; throws `firewall/unsupported` elsewhere. */
  observeFormer(object: ObjectRef): Promise<FormerMembers>;
}

export interface CredentialRequest {
  firewall: string;
  /** Name of the secret; undefined for a module that works without a credential. */
  secret: string | undefined;
  /** Says what is wrong with the form of a value, if anything. */
  check: (credential: string) => string | undefined;
  connect: (credential: string) => Promise<FirewallConnection>;
}

/**
 * Connects with the current credential, or without one. When the device refuses it, the secret is asked for once more, in case it was rotated, and
 * then for the key that a rotation tries and the one that it replaced. Each value is tried once: a device locks out who guesses.
 * Throws `secret/missing` and `secret/invalid` for the current value.
 */
export async function connectWithCredentials(
  ports: Ports,
  request: CredentialRequest,
): Promise<CredentialedConnection> {
  if (request.secret === undefined)
    return new Rekeyed(ports, request, { credential: '', connection: await request.connect('') });
  const credential = await ports.secrets.read(request.secret);
  const wrong = request.check(credential);
  if (wrong !== undefined)
    throw new ZonebridgeError('secret/invalid', `the credential of ${request.firewall}: ${wrong}`);
  return new Rekeyed(ports, request, { credential, connection: await request.connect(credential) });
}

interface Key {
  credential: string;
  connection: FirewallConnection;
}

const stages: readonly SecretStage[] = ['current', 'pending', 'previous'];

class Rekeyed implements CredentialedConnection {
  readonly #ports: Ports;
  readonly #request: CredentialRequest;
  readonly #tried: Key[];
  #stage: SecretStage = 'current';
  #left = [...stages];

  constructor(ports: Ports, request: CredentialRequest, first: Key) {
    this.#ports = ports;
    this.#request = request;
    this.#tried = [first];
  }

  credentialStage(): SecretStage {
    return this.#stage;
  }

  identity(): Promise<DeviceIdentity> {
    return this.#ask((connection) => connection.identity());
  }

  lastIdentity(): DeviceIdentity | undefined {
    return this.#connection.lastIdentity();
  }

  certificate(): DeviceCertificate | undefined {
    return this.#connection.certificate?.();
  }

  observeObject(...asked: Parameters<FirewallConnection['observeObject']>) {
    return this.#ask((connection) => connection.observeObject(...asked));
  }

  async listObjects(object: ObjectRef): Promise<readonly NamedComment[]> {
    return await this.#ask(async (connection) => (await connection.listObjects?.(object)) ?? []);
  }

  observeFormer(object: ObjectRef): Promise<FormerMembers> {
    return this.#ask((connection) => {
      if (connection.observeFormer) return connection.observeFormer(object);
      throw new ZonebridgeError('firewall/unsupported', `nothing is adopted over channel ${object.channel}`);
    });
  }

  observeMembers(...asked: Parameters<FirewallConnection['observeMembers']>) {
    return this.#ask((connection) => connection.observeMembers(...asked));
  }

  observeSome(...asked: Parameters<FirewallConnection['observeSome']>) {
    return this.#ask((connection) => connection.observeSome(...asked));
  }

  /** What was refused for the credential alone is sent again with the next one; the rest of the report stands. */
  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    let reports = await this.#ask((connection) => connection.apply(changes));
    while (reports.some(isRefused) && (await this.#next())) {
      const before = reportsByObject(reports);
      const asked = changes.flatMap((change) => leftOf(change, before(change.object)) ?? []);
      const after = reportsByObject(await this.#connection.apply(asked));
      reports = reports.map((report) => {
        const answer = after(report.object);
        return answer ? merged(report, answer) : report;
      });
    }
    return reports;
  }

  references(...asked: Parameters<FirewallConnection['references']>) {
    return this.#ask((connection) => connection.references(...asked));
  }

  deleteObject(...asked: Parameters<FirewallConnection['deleteObject']>) {
    return this.#ask((connection) => connection.deleteObject(...asked));
  }

  usage(): ReturnType<FirewallConnection['usage']> {
    const sum = { calls: 0, writes: 0, bytesSent: 0, bytesReceived: 0 };
    for (const { connection } of this.#tried) {
      const used = connection.usage();
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += used[name];
    }
    return sum;
  }

  async close(): Promise<void> {
    for (const { connection } of this.#tried) await connection.close();
  }

  get #connection(): FirewallConnection {
    const last = this.#tried.at(-1);
    if (!last) throw new RangeError('a connection begins with a credential');
    return last.connection;
  }

  async #ask<T>(call: (connection: FirewallConnection) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call(this.#connection);
      } catch (error) {
        if (!isZonebridgeError(error, 'firewall/credentials-rejected') || !(await this.#next())) throw error;
      }
    }
  }

  /** Turns to the next value that was not tried; false when there is none. */
  async #next(): Promise<boolean> {
    const { secrets, telemetry } = this.#ports;
    const { firewall, secret, check, connect } = this.#request;
    if (secret === undefined) return false;
    secrets.forget(secret);
    for (let stage = this.#left.shift(); stage; stage = this.#left.shift()) {
      const credential = await secrets.readStage(secret, stage);
      if (credential === undefined || check(credential) !== undefined) continue;
      if (this.#tried.some((key) => key.credential === credential)) continue;
      this.#tried.push({ credential, connection: await connect(credential) });
      this.#stage = stage;
      secrets.keep(secret, credential);
      telemetry.warn('credential refused, another one is tried', { firewall, stage });
      if (stage !== 'current') telemetry.metric(metrics.rotationTrouble.name, 1, { firewall });
      return true;
    }
    return false;
  }
}

function refused(outcome: Outcome | undefined): boolean {
  return outcome?.state === 'failed' && outcome.error.code === 'firewall/credentials-rejected';
}

function isRefused({ created, outcomes }: ObjectReport): boolean {
  return refused(created) || [...outcomes.values()].some(refused);
}

/** The part of a change that was refused; undefined when nothing was. */
function leftOf(change: ObjectChanges, report: ObjectReport | undefined): ObjectChanges | undefined {
  if (!report || !isRefused(report)) return undefined;
  const again = (address: string): boolean => refused(report.outcomes.get(address));
  const { createWith, adoptWith, ...rest } = change;
  const first = refused(report.created);
  return {
    ...rest,
    ...(createWith && first ? { createWith } : {}),
    ...(adoptWith && first ? { adoptWith } : {}),
    add: change.add.filter(again),
    remove: change.remove.filter(again),
  };
}

function merged(before: ObjectReport, after: ObjectReport): ObjectReport {
  return { ...before, ...after, outcomes: new Map([...before.outcomes, ...after.outcomes]) };
}
