import { dynamoClient } from '../aws/clients/dynamo.ts';
import { queuesClient } from '../aws/clients/queues.ts';
import { secretsClient } from '../aws/clients/secrets.ts';
import { DynamoTables, type DynamoTablesOptions } from '../aws/dynamodb-tables.ts';
import { postponeMessage } from '../aws/postpone-message.ts';
import { CachedSecrets } from '../aws/secrets.ts';
import { SqsQueues } from '../aws/sqs-queues.ts';
import { systemClock, systemRandom } from '../aws/system.ts';
import { LambdaTelemetry } from '../aws/telemetry.ts';
import { firewallDescriptions } from '../firewalls/descriptions.ts';
import type { Telemetry } from '../core/ports.ts';
import { readEnvironment } from './environment.ts';
import { metrics } from './metrics.ts';
import { names } from './names.ts';
import type { Ports } from './ports.ts';
import { Configurations } from './state/configurations.ts';

/** `P`: what is there of the vendors, see ports.ts. */
export interface App<P extends Ports = Ports> {
  ports: P;
  configurations: Configurations;
}

const units = Object.fromEntries(Object.values(metrics).map(({ name, unit }) => [name, unit]));

export interface ComposeOptions extends Pick<DynamoTablesOptions, 'onUsage'> {
  /** Region of the hub, when the environment does not name it. */
  region?: string;
  /** Neither log lines nor metrics: standard output belongs to the command. */
  quiet?: boolean;
  /** Somebody waits for each answer: state and secrets are asked for a short time only. */
  hasty?: boolean;
}

const silent: Telemetry = { metric: () => undefined, info: () => undefined, warn: () => undefined };

/** Vendors in a role: as descriptions, with what serves lists, or whole. */
type Vendors = Ports['firewalls'];

/** The real world behind the ports: the one place that knows adapters. `firewalls`: no more of the vendors than is needed, since the bundle gets all of it. */
export function compose<Known extends Vendors>(
  hub: string,
  firewalls: Known,
  more: ComposeOptions = {},
): App<Ports & { firewalls: Known }> {
  const { region, quiet, hasty, ...tableOptions } = more;
  const clock = systemClock;
  const random = systemRandom;
  const tables = new DynamoTables({
    client: dynamoClient(region, hasty),
    tableName: (table) => names.table(hub, table),
    clock,
    random,
    ...tableOptions,
  });
  const ports: Ports & { firewalls: Known } = {
    hub,
    tables,
    queues: new SqsQueues({ client: queuesClient(region), random }),
    secrets: new CachedSecrets({ client: secretsClient(region, hasty), clock }),
    clock,
    random,
    telemetry: quiet ? silent : new LambdaTelemetry({ namespace: names.metricsNamespace, units }),
    firewalls,
  };
  return { ports, configurations: new Configurations(tables) };
}

/** What a function adds to the app. */
export interface FunctionApp<P extends Ports = Ports> extends App<P> {
  /** State calls and estimated units since the process began. */
  usage: Usage;
  /** Hides a received message for so many seconds. */
  postpone: typeof postponeMessage;
}

export interface Usage {
  calls: number;
  readUnits: number;
  writeUnits: number;
}

/** For functions that ask no device: everything follows from the environment that cdk wrote. */
export function composeFunction(): FunctionApp {
  return composeFunctionWith(firewallDescriptions);
}

/** For functions that need more of the vendors than their descriptions. */
export function composeFunctionWith<Known extends Vendors>(
  firewalls: Known,
  more: Pick<ComposeOptions, 'hasty'> = {},
): FunctionApp<Ports & { firewalls: Known }> {
  const usage: Usage = { calls: 0, readUnits: 0, writeUnits: 0 };
  const onUsage: DynamoTablesOptions['onUsage'] = ({ readUnits, writeUnits }) => {
    usage.calls += 1;
    usage.readUnits += readUnits;
    usage.writeUnits += writeUnits;
  };
  const { hub } = readEnvironment(process.env);
  return { ...compose(hub, firewalls, { ...more, onUsage }), usage, postpone: postponeMessage };
}
