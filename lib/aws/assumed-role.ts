import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { ZonebridgeError } from '../core/errors.ts';
import { clusterIdentitiesClient } from './clients/cluster-identities.ts';

interface Identity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration?: Date;
}

/**
 * Credentials of a role that is taken with our own; the clients ask again before they end. `session` is what the account of the role
 * finds in its trail, `refusal` the code that is thrown when the role cannot be taken.
 */
export function assumedRole(
  role: string,
  request: { region: string; session: string; refusal: 'cluster/access-denied' | 'host/access-denied' },
): () => Promise<Identity> {
  const { region, session, refusal } = request;
  return async () => {
    try {
      const command = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: session });
      const { Credentials } = await clusterIdentitiesClient(region).send(command);
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
      if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error('STS gave no credentials');
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        ...(Expiration === undefined ? {} : { expiration: Expiration }),
      };
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'no reason given';
      throw new ZonebridgeError(refusal, `the role ${role} cannot be taken: ${reason}`, {
        cause: error,
      });
    }
  };
}
