import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { names } from '../app/names.ts';
import { acknowledge } from './acknowledge.ts';
import type { Right } from './roles.ts';
import type { Surroundings } from './settings.ts';

/**
 * One secret per firewall, without a value: nobody invents a credential, `zonebridge secret set` stores the one that the
 * firewall's administrator made.
 */
export class FirewallSecrets extends Construct {
  /** Reading exactly these secrets; nothing in a network without firewalls. */
  readonly readRights: readonly Right[];

  constructor(
    scope: Construct,
    id: string,
    request: { surroundings: Surroundings; firewalls: readonly string[] },
  ) {
    super(scope, id);
    const { hub, key } = request.surroundings;
    const arns = request.firewalls.map((firewall) => {
      // The higher-level construct would put a random value into it.
      const secret = new CfnSecret(this, firewall, {
        name: names.secret(hub.name, firewall),
        description: `Credential of firewall ${firewall}; set with: zonebridge secret set ${firewall}`,
        ...(key === undefined ? {} : { kmsKeyId: key.keyArn }),
      });
      acknowledge(secret, {
        id: 'AwsSolutions-SMG4',
        reason:
          'The credential belongs to the administrator of the firewall, who makes a new one there and stores it with zonebridge secret set.',
      });
      return secret.ref;
    });
    const read = { sid: 'OwnFirewalls', actions: ['secretsmanager:GetSecretValue'], resources: arns };
    this.readRights = arns.length === 0 ? [] : [read];
  }
}
