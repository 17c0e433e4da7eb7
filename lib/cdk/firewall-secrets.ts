import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { FirewallConfiguration } from '../app/configuration/model.ts';
import { names } from '../app/names.ts';
import { acknowledge } from './acknowledge.ts';
import type { Right } from './roles.ts';
import type { Surroundings } from './settings.ts';

/** The secrets of a firewall whose key is renewed by itself. */
export interface RotatedSecret {
  firewall: string;
  /** ARN of the credential. */
  credential: string;
  /** ARN of the credential of the administrator that makes keys. */
  keyMaker: string;
  everyDays: number;
}

/**
 * One secret per firewall that needs a credential, without a value: nobody invents a credential, `zonebridge secret set` stores the one that the
 * firewall's administrator made.
 */
export class FirewallSecrets extends Construct {
  /** Reading exactly these secrets; nothing in a network without firewalls. Never those of the administrators that make keys. */
  readonly readRights: readonly Right[];
  readonly rotated: readonly RotatedSecret[];
  /** ARN of the credential of each firewall that has one. */
  readonly arns: ReadonlyMap<string, string>;
  private readonly surroundings: Surroundings;

  constructor(
    scope: Construct,
    id: string,
    request: {
      surroundings: Surroundings;
      firewalls: readonly (readonly [string, FirewallConfiguration])[];
    },
  ) {
    super(scope, id);
    this.surroundings = request.surroundings;
    const rotated: RotatedSecret[] = [];
    const arns = request.firewalls.map(([firewall, { rotateKeyDays }]) => {
      const credential = this.credentialOf(firewall, rotateKeyDays === undefined);
      if (rotateKeyDays !== undefined)
        rotated.push({ firewall, credential, keyMaker: this.keyMakerOf(firewall), everyDays: rotateKeyDays });
      return [firewall, credential] as const;
    });
    this.rotated = rotated;
    this.arns = new Map(arns);
    const resources = [...this.arns.values()];
    const read = { sid: 'OwnFirewalls', actions: ['secretsmanager:GetSecretValue'], resources };
    this.readRights = resources.length === 0 ? [] : [read];
  }

  private credentialOf(firewall: string, byHand: boolean): string {
    const secret = this.secret(firewall, {
      name: names.secret(this.surroundings.hub.name, firewall),
      description: `Credential of firewall ${firewall}; set with: zonebridge secret set ${firewall}`,
    });
    // Also where a schedule rotates it: the check does not find schedules that the sandbox leaves out.
    acknowledge(secret, {
      id: 'AwsSolutions-SMG4',
      reason: byHand
        ? 'The credential belongs to the administrator of the firewall, who makes a new one there and stores it with zonebridge secret set.'
        : 'A schedule of this stack rotates it with the function rotate-credential.',
    });
    return secret.ref;
  }

  private keyMakerOf(firewall: string): string {
    const secret = this.secret(`${firewall}-key-maker`, {
      name: names.keyMakerSecret(this.surroundings.hub.name, firewall),
      description: `Makes keys on firewall ${firewall}; set with: zonebridge secret set ${firewall} --key-maker`,
    });
    acknowledge(secret, {
      id: 'AwsSolutions-SMG4',
      reason:
        'It is the credential with which the others are rotated; the administrator of the firewall renews it with zonebridge secret set.',
    });
    return secret.ref;
  }

  private secret(id: string, texts: { name: string; description: string }): CfnSecret {
    const { key } = this.surroundings;
    // The higher-level construct would put a random value into it.
    return new CfnSecret(this, id, { ...texts, ...(key === undefined ? {} : { kmsKeyId: key.keyArn }) });
  }
}
