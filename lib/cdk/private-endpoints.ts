import {
  CfnVPCEndpoint,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { NetworkConfiguration } from '../app/configuration/model.ts';

/** What the functions of a network call. Logs, metrics and traces leave through Lambda itself and need no endpoint. */
const interfaceServices = {
  Sqs: InterfaceVpcEndpointAwsService.SQS,
  SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
} as const;

export interface PrivateEndpointsRequest {
  vpc: IVpc;
  subnets: ISubnet[];
  securityGroups: ISecurityGroup[];
  network: NetworkConfiguration;
  /** Something in the network writes to S3. */
  objects?: boolean;
  /** Words of further services that the functions call, such as `ec2`. */
  more: readonly string[];
}

/** The way to AWS without internet: reachable from the functions' security groups, for principals and data of this account. */
export class PrivateEndpoints extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { vpc, subnets, securityGroups, network, objects, more }: PrivateEndpointsRequest,
  ) {
    super(scope, id);
    const door = new SecurityGroup(this, 'Door', {
      vpc,
      description: 'HTTPS from the Zonebridge functions to AWS services',
      allowAllOutbound: false,
    });
    for (const group of securityGroups) {
      door.addIngressRule(Peer.securityGroupId(group.securityGroupId), Port.tcp(443), 'Zonebridge functions');
    }
    const further = more.map((word) => [word, new InterfaceVpcEndpointAwsService(word)] as const);
    for (const [name, service] of [...Object.entries(interfaceServices), ...further]) {
      const endpoint = new InterfaceVpcEndpoint(this, name, {
        vpc,
        service,
        subnets: { subnets: onePerZone(subnets) },
        securityGroups: [door],
        open: false,
        privateDnsEnabled: true,
      });
      endpoint.addToPolicy(this.ownAccountOnly());
    }
    const gateway = { vpc, routeTables: network.routeTables ?? [] };
    this.gateway('DynamoDb', 'dynamodb', gateway);
    if (objects) this.gateway('S3', 's3', gateway);
  }

  /** Both services cost nothing by a gateway. */
  private gateway(
    id: string,
    service: string,
    { vpc, routeTables }: { vpc: IVpc; routeTables: readonly string[] },
  ): void {
    new CfnVPCEndpoint(this, id, {
      vpcId: vpc.vpcId,
      vpcEndpointType: 'Gateway',
      serviceName: `com.amazonaws.${Stack.of(this).region}.${service}`,
      routeTableIds: [...routeTables],
      policyDocument: { Version: '2012-10-17', Statement: [this.ownAccountOnly().toStatementJson()] },
    });
  }

  private ownAccountOnly(): PolicyStatement {
    const { account } = Stack.of(this);
    return new PolicyStatement({
      sid: 'OwnAccountOnly',
      principals: [new AnyPrincipal()],
      actions: ['*'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:PrincipalAccount': account, 'aws:ResourceAccount': account } },
    });
  }
}

/** Interface endpoints and load balancers take one subnet of each zone. */
export function onePerZone(subnets: readonly ISubnet[]): ISubnet[] {
  const firstOfZone = new Map<string, ISubnet>();
  for (const subnet of subnets) {
    if (!firstOfZone.has(subnet.availabilityZone)) firstOfZone.set(subnet.availabilityZone, subnet);
  }
  return [...firstOfZone.values()];
}
