import { secretsClient } from '../aws/clients.ts';
import { SecretWriter } from '../aws/secret-writer.ts';
import type { SecretStore } from '../core/ports.ts';
import { type App, compose } from './compose.ts';

/** The product as a person at the command line uses it: also stores credentials, and says nothing by itself. */
export interface Operator extends App {
  credentials: SecretStore;
}

export function composeOperator(hub: { name: string; region: string }): Operator {
  const app = compose(hub.name, { region: hub.region, quiet: true });
  return { ...app, credentials: new SecretWriter(secretsClient(hub.region)) };
}

/** A function that also stores credentials: the rotation, in the region it runs in. */
export function composeRotation(app: App): Operator {
  return { ...app, credentials: new SecretWriter(secretsClient()) };
}
