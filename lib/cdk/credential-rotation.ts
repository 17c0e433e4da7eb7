import { Duration, Stack } from 'aws-cdk-lib';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { RotatedSecret } from './firewall-secrets.ts';
import type { Monitoring } from './monitoring.ts';
import { sendRight } from './rights.ts';
import type { Right } from './roles.ts';
import type { Surroundings } from './settings.ts';
import { ZonebridgeFunction, type ZonebridgeFunctionRequest } from './zonebridge-function.ts';

export interface CredentialRotationRequest {
  surroundings: Surroundings;
  monitoring: Monitoring;
  network: NonNullable<ZonebridgeFunctionRequest['network']>;
  rotated: readonly RotatedSecret[];
  /** Queue of the comparison that proves a new key. */
  reconcile: Queue;
}

/** Renews the keys of a network's firewalls, one after the other in four steps of Secrets Manager. */
export class CredentialRotation extends Construct {
  constructor(scope: Construct, id: string, request: CredentialRotationRequest) {
    super(scope, id);
    const { surroundings, monitoring, network, rotated, reconcile } = request;
    const { lambda } = new ZonebridgeFunction(this, 'RotateCredential', {
      surroundings,
      monitoring,
      useCase: 'rotate-credential',
      description: `Renews the keys of the firewalls of network ${network.name}`,
      // The last step waits until nobody holds the former key, and for a comparison with the new one.
      timeout: Duration.minutes(6),
      memoryMb: 512,
      rare: true,
      network,
      rights: [...rotationRights(rotated), sendRight('AsksForComparison', [reconcile.queueArn])],
    });
    for (const { firewall, credential, everyDays } of rotated) {
      const permission = new CfnPermission(this, `Allow-${firewall}`, {
        action: 'lambda:InvokeFunction',
        functionName: lambda.functionArn,
        principal: 'secretsmanager.amazonaws.com',
        sourceAccount: Stack.of(this).account,
        sourceArn: credential,
      });
      const schedule = new CfnRotationSchedule(this, `Schedule-${firewall}`, {
        secretId: credential,
        rotationLambdaArn: lambda.functionArn,
        rotationRules: { automaticallyAfterDays: everyDays },
        // A deployment must not begin to rotate: there may be no credential yet.
        rotateImmediatelyOnUpdate: false,
      });
      schedule.addResourceDependency(permission);
    }
  }
}

function rotationRights(rotated: readonly RotatedSecret[]): Right[] {
  return [
    {
      sid: 'RotatesOwnFirewalls',
      actions: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      resources: rotated.map(({ credential }) => credential),
    },
    {
      sid: 'MakesKeys',
      actions: ['secretsmanager:GetSecretValue'],
      resources: rotated.map(({ keyMaker }) => keyMaker),
    },
  ];
}
