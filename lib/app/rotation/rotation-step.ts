import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import { names } from '../names.ts';
import { finishRotation, makeKey, noteRotation, type Rotation, type RotationApp, testKey } from './rotate.ts';

/** What Secrets Manager sends for each of the four steps; it repeats a step that failed. */
const stepEvent = z.object({
  Step: z.enum(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
  /** ARN of the secret. */
  SecretId: z.string(),
  ClientRequestToken: z.string().min(32).max(64),
});

/** One step of a scheduled rotation. Each may be repeated, and any but the last leaves the key in use as it was. */
export async function rotationStep(app: RotationApp, event: unknown): Promise<void> {
  const { Step: step, SecretId: arn, ClientRequestToken: version } = stepEvent.parse(event);
  const firewall = firewallOf(app.ports.hub, arn);
  try {
    const { configuration } = await app.configurations.active();
    if (!Object.hasOwn(configuration.firewalls, firewall))
      throw new ZonebridgeError('configuration/missing', `no active firewall has the secret ${arn}`);
    await run(app, { configuration, firewall, version }, step);
  } catch (error) {
    noteRotation(app, firewall, true);
    throw error;
  }
}

async function run(
  app: RotationApp,
  rotation: Rotation,
  step: z.output<typeof stepEvent>['Step'],
): Promise<void> {
  const { firewall } = rotation;
  if (step === 'createSecret') await makeKey(app, rotation, { reuse: true });
  // A key is in force from the moment the device makes it: nothing is to be set.
  if (step === 'testSecret') await testKey(app, rotation);
  if (step !== 'finishSecret') return;
  const former = await finishRotation(app, rotation);
  app.ports.telemetry.info('rotated', { firewall, former: former.state });
  noteRotation(app, firewall, false);
}

/** Firewall of a secret. Secrets Manager adds a hyphen and six characters to the name. */
function firewallOf(hub: string, arn: string): string {
  const name = arn.split(':secret:')[1]?.replace(/-[A-Za-z0-9]{6}$/, '') ?? '';
  const prefix = names.secret(hub, '');
  if (name.startsWith(prefix)) return name.slice(prefix.length);
  throw new ZonebridgeError('configuration/missing', `${arn} is no secret of a firewall of this hub`);
}
