import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Modules } from '../app/configuration/json-schema.ts';
import type { Configuration, HubConfiguration } from '../app/configuration/model.ts';

/** Where the source of a function's handler lies, by use case (`ingest-deltas`, `sync-firewall`, ...). */
type HandlerEntry = (useCase: string) => string;

/** What the stacks are built from. */
export interface StackSettings {
  configuration: Configuration;
  /** The vendor modules that the configuration was loaded with. */
  modules: Modules;
  handlerEntry: HandlerEntry;
}

/** What every construct of a stack needs to know of its surroundings. */
export interface Surroundings {
  hub: HubConfiguration;
  /** The customer's key of `hub.kmsKeyArn`; without it every service uses its own encryption. */
  key: IKey | undefined;
  handlerEntry: HandlerEntry;
}
