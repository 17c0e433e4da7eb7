import type { Operator } from '../app/compose-operator.ts';
import type { Configuration } from '../app/configuration/model.ts';
import type { ActiveConfiguration } from '../app/state/configurations.ts';
import { type Person, unconfirmed } from '../app/person.ts';
import { isZonebridgeError, ZonebridgeError } from '../core/errors.ts';
import type { Cli } from './cli.ts';

/** A hub, ready for a command that acts on its active generation. */
export interface ActiveHub extends Operator {
  /** As it stands in the file: what would be applied. Undefined when the file has problems. */
  configuration: Configuration | undefined;
  /** The active generation: what the hub works with. Throws `configuration/missing` before the first apply. */
  active(): Promise<ActiveConfiguration>;
}

/** The hub of the configuration file, ready for a command. */
export interface HubSession extends ActiveHub {
  configuration: Configuration;
}

/**
 * Runs an action against the hub that the configuration names; what AWS refuses is said in our own words. Warnings about the
 * configuration are for commands that act on it, not for those that only find the hub by it.
 */
export async function withHub<T>(
  cli: Cli,
  action: (hub: HubSession) => Promise<T>,
  { warnings = false } = {},
): Promise<T> {
  const { configuration } = await cli.configuration({ quiet: !warnings });
  return session(cli, configuration.hub, (hub) => action({ ...hub, configuration }));
}

/**
 * The same for what acts on the active generation alone, such as a person's orders: a file that has problems is in their way only when
 * it does not say which hub is meant, and then its problems are thrown.
 */
export async function withActiveHub<T>(cli: Cli, action: (hub: ActiveHub) => Promise<T>): Promise<T> {
  const { hub: settings, configuration } = await hubOfFile(cli);
  return session(cli, settings, (hub) => action({ ...hub, configuration }));
}

async function hubOfFile(
  cli: Cli,
): Promise<{ hub: Configuration['hub']; configuration: Configuration | undefined }> {
  try {
    const { configuration } = await cli.configuration({ quiet: true });
    return { hub: configuration.hub, configuration };
  } catch (error) {
    if (!isZonebridgeError(error, 'configuration/invalid')) throw error;
    const { loadHub } = await import('../app/configuration/load-hub.ts');
    const hub = await loadHub(cli.configPath);
    if (!hub) throw error;
    cli.output.note(
      `warning ${error.message} (\`zonebridge validate\` lists them). Its hub section alone is used: hub ${hub.name}, account ${hub.account}, region ${hub.region}.`,
    );
    return { hub, configuration: undefined };
  }
}

async function session<T>(
  cli: Cli,
  settings: Configuration['hub'],
  action: (hub: Omit<ActiveHub, 'configuration'>) => Promise<T>,
): Promise<T> {
  const operator = await connect(cli, settings);
  try {
    return await action({ ...operator, active: () => operator.configurations.active() });
  } catch (error) {
    throw explained(error, settings, cli.io.env);
  }
}

async function connect(cli: Cli, hub: Configuration['hub']): Promise<Operator> {
  if (cli.io.connect) return cli.io.connect(hub);
  // Loaded here, so that `--help` does not wait for clients of AWS.
  const { composeOperator } = await import('../app/compose-operator.ts');
  return composeOperator(hub);
}

/** Names of the services' errors: no usable identity, or one without rights. */
const accessDenied =
  /^(AccessDenied|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|Expired|Credentials|TokenProvider|SSOToken|KMSAccessDenied)/;
/** Table, queue or secret that is not there. */
const notThere = /^(ResourceNotFound|QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue)/;

/** Services can be sent elsewhere by the environment; that is the first thing to look at. */
function endpointText({ region }: Configuration['hub'], env: Cli['io']['env']): string {
  const overrides = Object.entries(env).filter(
    ([name, value]) => value && /^AWS_ENDPOINT_URL(_DYNAMODB|_SQS|_SECRETS_MANAGER)?$/.test(name),
  );
  if (overrides.length === 0) return `in region ${region}`;
  return `at ${overrides.map(([name, value]) => `${name}=${withoutUser(value ?? '')}`).join(' ')}`;
}

/** An address may hold a password. */
function withoutUser(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}

/** For a function, what was not answered is redelivered; a person has to do something. */
function unanswered(error: ZonebridgeError, hub: Configuration['hub'], env: Cli['io']['env']): unknown {
  const busy = error.cause instanceof Error && error.cause.name.startsWith('Transaction');
  if (error.code !== 'store/unavailable' || busy) return error;
  return new ZonebridgeError(
    'hub/unreachable',
    `hub ${hub.name} was not reached ${endpointText(hub, env)}: ${error.message}`,
    { cause: error, fields: error.fields },
  );
}

function explained(error: unknown, hub: Configuration['hub'], env: Cli['io']['env']): unknown {
  if (error instanceof ZonebridgeError) return unanswered(error, hub, env);
  if (!(error instanceof Error)) return error;
  if (accessDenied.test(error.name))
    return new ZonebridgeError(
      'hub/access-denied',
      `AWS does not let us in to hub ${hub.name} in ${hub.account} ${hub.region}: ${error.message}`,
      { cause: error },
    );
  if (notThere.test(error.name))
    return new ZonebridgeError(
      'hub/missing',
      `hub ${hub.name} is not deployed in ${hub.region} of the account you are signed in to: ${error.name}`,
      { cause: error },
    );
  return error;
}

/** Who acts, for people: as said, else as the pipeline says, else the user of this machine, else who AWS says it is; never made up. */
export function person(cli: Cli, given: string | undefined, principal?: string): string {
  const { env } = cli.io;
  const pipeline = env['GITHUB_ACTOR'] ?? env['GITLAB_USER_LOGIN'] ?? env['BUILD_REQUESTEDFOR'];
  const local = env['USER'] ?? env['USERNAME'];
  return (
    given ?? pipeline ?? (local === undefined ? (principal ?? 'unknown') : `${local} (user of a machine)`)
  );
}

/** Who runs the command, as AWS says; the name of the pipeline or machine only where AWS says nothing, and then it proves nothing. */
export async function acting(cli: Cli, hub: ActiveHub): Promise<Person> {
  const principal = await hub.caller.principal();
  return { name: principal ?? unconfirmed(person(cli, undefined)), principal };
}

/** Everything from standard input. Refuses a terminal: what is typed there could be seen, and stays in its history. */
export async function standardInput(cli: Cli, what: string): Promise<string> {
  const { stdin } = cli.io;
  if ('isTTY' in stdin && stdin.isTTY === true)
    throw new ZonebridgeError('command/usage', `${what} is read from standard input: pipe it in`);
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Buffer | string));
  return Buffer.concat(chunks).toString('utf8');
}
