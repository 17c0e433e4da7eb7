import type { Operator } from '../app/compose-operator.ts';
import type { Configuration } from '../app/configuration/model.ts';
import type { ActiveConfiguration } from '../app/state/configurations.ts';
import { ZonebridgeError } from '../core/errors.ts';
import type { Cli } from './cli.ts';

/** The hub of the configuration file, ready for a command. */
export interface HubSession extends Operator {
  /** As it stands in the file: what would be applied. */
  configuration: Configuration;
  /** The active generation: what the hub works with. Throws `configuration/missing` before the first apply. */
  active(): Promise<ActiveConfiguration>;
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
  const operator = await connect(cli, configuration);
  try {
    return await action({ ...operator, configuration, active: () => operator.configurations.active() });
  } catch (error) {
    throw explained(error, configuration.hub);
  }
}

async function connect(cli: Cli, { hub }: Configuration): Promise<Operator> {
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

function explained(error: unknown, hub: Configuration['hub']): unknown {
  if (!(error instanceof Error) || error instanceof ZonebridgeError) return error;
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

/** Who acts, for the record: as said, else as the pipeline says, else the user of this machine; never made up. */
export function person(cli: Cli, given: string | undefined): string {
  const { env } = cli.io;
  const pipeline = env['GITHUB_ACTOR'] ?? env['GITLAB_USER_LOGIN'] ?? env['BUILD_REQUESTEDFOR'];
  const local = env['USER'] ?? env['USERNAME'];
  return given ?? pipeline ?? (local === undefined ? 'unknown' : `${local} (user of a machine)`);
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
