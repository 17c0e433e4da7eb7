import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { KeyRequest, KeyRotation } from '../../core/firewall.ts';
import type { SecretStore } from '../../core/ports.ts';
import { requestReconcile, waitForReconcile } from '../commands/request-reconcile.ts';
import type { App } from '../compose.ts';
import type { Configuration } from '../configuration/model.ts';
import { metrics } from '../metrics.ts';
import { names } from '../names.ts';
import type { DevicePorts } from '../ports.ts';
import { openFirewallWith } from '../sync/connect.ts';
import { groupsOn, moduleOf, objectRef } from '../targets.ts';
import { unknownFirewall } from '../unknown-name.ts';

export interface RotationApp extends App<DevicePorts> {
  credentials: SecretStore;
}

/** One rotation of the credential of one firewall. */
export interface Rotation {
  configuration: Configuration;
  firewall: string;
  /** Names the new version of the secret, 32 to 64 characters. */
  version: string;
}

/** What became of the key before: worthless, or still valid and why. */
export type Former = { state: 'revoked' } | { state: 'kept'; because: string };

const callsMs = 60_000;
/** Longer than any function keeps a value of a secret: after it nobody works with the former key any more. */
const keptMs = 75_000;
const comparisonMs = 150_000;

/**
 * Makes a key beside the one in use and stores it as pending. The device shows a key once, so it is made here and not in a later
 * step. `reuse`: a pending key that was made before is kept, as when a step is repeated. Throws `rotation/not-possible`.
 */
export async function makeKey(
  app: RotationApp,
  rotation: Rotation,
  { reuse }: { reuse: boolean },
): Promise<void> {
  const { secrets } = app.ports;
  const secret = names.secret(app.ports.hub, rotation.firewall);
  if (reuse && (await secrets.readStage(secret, 'pending')) !== undefined) return;
  const current = await secrets.readStage(secret, 'current');
  if (current === undefined)
    throw new ZonebridgeError('secret/missing', `Secret ${secret} has no value to begin with`);
  const { module, request } = await keyRequest(app, rotation);
  // A key that is in use as the previous one must not be replaced: it is all that works.
  await proveKey(app, rotation, current);
  await app.credentials.stage(secret, await module.create(request, current), rotation.version);
}

/** Takes a key that a person made. Throws `secret/invalid`. */
export async function takeKey(app: RotationApp, rotation: Rotation, text: string): Promise<void> {
  const { configuration, firewall, version } = rotation;
  const credential = text.replace(/\r?\n$/, '');
  const wrong = moduleOf(app.ports.firewalls, settingsOf(configuration, firewall)).checkCredential(
    credential,
  );
  if (wrong !== undefined)
    throw new ZonebridgeError('secret/invalid', `the credential for ${firewall}: ${wrong}`);
  await app.credentials.stage(names.secret(app.ports.hub, firewall), credential, version);
}

/** Reads identity and all objects of ours with the pending key. Throws what the device says against it; the key in use stays. */
export async function testKey(app: RotationApp, rotation: Rotation): Promise<void> {
  const secret = names.secret(app.ports.hub, rotation.firewall);
  const pending = await app.ports.secrets.readStage(secret, 'pending');
  if (pending === undefined)
    throw new ZonebridgeError('secret/missing', `Secret ${secret} has no pending value`);
  await proveKey(app, rotation, pending);
}

/**
 * Puts the new key in force. The former one stays valid until nobody holds it any more and the hub has compared the firewall with the
 * new one; then it is made useless, where the vendor can. A former key that stays does no harm: the next rotation replaces it.
 */
export async function finishRotation(app: RotationApp, rotation: Rotation): Promise<Former> {
  const { ports, credentials } = app;
  const { firewall, configuration, version } = rotation;
  const secret = names.secret(ports.hub, firewall);
  await credentials.promote(secret, version);
  ports.secrets.forget(secret);
  const module = moduleOf(ports.firewalls, settingsOf(configuration, firewall));
  const { rotateKeyDays } = settingsOf(configuration, firewall);
  if (!module.rotation || rotateKeyDays === undefined)
    return { state: 'kept', because: `${module.displayName}: take the former key away there` };
  const doubt = await doubtOf(app, firewall);
  const [current, former] = await Promise.all([
    ports.secrets.readStage(secret, 'current'),
    ports.secrets.readStage(secret, 'previous'),
  ]);
  if (doubt === undefined && current !== undefined && former !== undefined) {
    const { request } = await keyRequest(app, rotation);
    await module.rotation.revoke(request, { former, current });
    return { state: 'revoked' };
  }
  const because = doubt ?? 'there is no former key';
  ports.telemetry.warn('the former key stays valid', { firewall, because });
  return { state: 'kept', because };
}

/** Why nobody can say yet that the hub works with the new key; undefined when it does. */
async function doubtOf(app: RotationApp, firewall: string): Promise<string | undefined> {
  const { ports, configurations } = app;
  await ports.clock.sleep(keptMs);
  const active = await configurations.active().catch((error: unknown) => {
    if (isZonebridgeError(error, 'configuration/missing')) return undefined;
    throw error;
  });
  if (!active?.configuration.firewalls[firewall]) return undefined;
  const requestId = await requestReconcile(ports, active, firewall);
  const found = await waitForReconcile(ports, { firewall, requestId, timeoutMs: comparisonMs });
  if (!found) return 'the hub has not compared the firewall in time';
  if (found.error !== '') return `the hub could not compare the firewall: ${found.error}`;
  if (found.credential !== 'current') return `the hub got in with the ${found.credential} key only`;
  return undefined;
}

async function proveKey(app: RotationApp, rotation: Rotation, credential: string): Promise<void> {
  const { ports } = app;
  const { configuration, firewall } = rotation;
  const deadline = ports.clock.now() + callsMs;
  const open = await openFirewallWith(ports, configuration, { firewall, deadline, credential });
  try {
    await open.connection.identity();
    for (const { group, target } of groupsOn(configuration, firewall))
      await open.connection.observeObject(
        objectRef(open.module, { hub: ports.hub, group, target, settings: open.settings }),
      );
  } finally {
    await open.connection.close();
  }
}

async function keyRequest(
  app: RotationApp,
  { configuration, firewall }: Rotation,
): Promise<{ module: KeyRotation<unknown>; request: KeyRequest<unknown> }> {
  const { ports } = app;
  const { settings, ...common } = settingsOf(configuration, firewall);
  const module = moduleOf(ports.firewalls, { ...common, settings });
  if (!module.rotation || common.rotateKeyDays === undefined)
    throw new ZonebridgeError(
      'rotation/not-possible',
      `${firewall} has no \`rotateKeyDays\` in its configuration; a key that you made is taken with --stdin`,
    );
  const keyMaker = await ports.secrets
    .read(names.keyMakerSecret(ports.hub, firewall))
    .catch((cause: unknown) => {
      if (!isZonebridgeError(cause, 'secret/missing')) throw cause;
      const text = `the credential of the administrator that makes keys for ${firewall} is not stored: zonebridge secret set ${firewall} --key-maker`;
      throw new ZonebridgeError('rotation/not-possible', text, { cause });
    });
  const { hub, clock } = ports;
  const deadline = clock.now() + callsMs;
  return { module: module.rotation, request: { firewall, hub, settings, keyMaker, clock, deadline } };
}

function settingsOf(configuration: Configuration, firewall: string) {
  const settings = configuration.firewalls[firewall];
  if (settings) return settings;
  throw unknownFirewall(configuration, firewall);
}

/** For the alarm: a rotation that failed needs a person, one that went well ends it. */
export function noteRotation(app: RotationApp, firewall: string, failed: boolean): void {
  app.ports.telemetry.metric(metrics.rotationTrouble.name, Number(failed), { firewall });
}
