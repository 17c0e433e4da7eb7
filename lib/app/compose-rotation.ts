import { secretsClient } from '../aws/clients/secrets.ts';
import { SecretWriter } from '../aws/secret-writer.ts';
import { composeDeviceFunction } from './compose-devices.ts';
import type { FunctionApp } from './compose.ts';
import type { DevicePorts } from './ports.ts';
import type { RotationApp } from './rotation/rotate.ts';

/** A function that also stores credentials: the rotation, in the region it runs in. */
export function composeRotation(): FunctionApp<DevicePorts> & RotationApp {
  return { ...composeDeviceFunction(), credentials: new SecretWriter(secretsClient()) };
}
