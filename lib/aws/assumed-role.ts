import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { ZonebridgeError } from '../core/errors.ts';
import { clusterIdentitiesClient } from './clients/cluster-identities.ts';

interface Identity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration?: Date;
}

/** Credentials of a role that is taken with our own; the clients ask again before they end. Throws `cluster/access-denied`. */
export function assumedRole(role: string, region: string): () => Promise<Identity> {
  return async () => {
    try {
      const command = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'zonebridge-onboard' });
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
      throw new ZonebridgeError('cluster/access-denied', `the role ${role} cannot be taken: ${reason}`, {
        cause: error,
      });
    }
  };
}
