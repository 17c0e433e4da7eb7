import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type ISubnet, type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  DesyncMitigationMode,
  type IApplicationLoadBalancerTarget,
  IpAddressType,
  ListenerCertificate,
  MutualAuthenticationMode,
  SslPolicy,
  TargetType,
  TrustStore,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { listsEnvironment } from '../app/environment.ts';
import { metrics } from '../app/metrics.ts';
import { names } from '../app/names.ts';
import type { ListPlace } from '../core/lists.ts';
import { acknowledge } from './acknowledge.ts';
import type { Monitoring } from './monitoring.ts';
import { ownMetric } from './own-metric.ts';
import { onePerZone } from './private-endpoints.ts';
import type { Right } from './roles.ts';
import type { Surroundings } from './settings.ts';
import { ZonebridgeFunction } from './zonebridge-function.ts';

export interface ServedListsRequest {
  surroundings: Surroundings;
  monitoring: Monitoring;
  /** Key of the entry under `firewalls`. */
  firewall: string;
  place: ListPlace;
  /** ARN of the secret with the passwords of the readers. */
  secret: string;
  network: { vpc: IVpc; subnets: ISubnet[] };
}

/** How long the bucket keeps what was replaced: to look at what a firewall had. */
const keepReplaced = Duration.days(30);

/** The lists of one entry: the bucket that the sync writes, and the load balancer and function from which firewalls fetch. */
export class ServedLists extends Construct {
  /** Of the functions that write and compare. */
  readonly writeRights: readonly Right[];
  /** Of the function that compares, besides: who fetched when. */
  readonly compareRights: readonly Right[];

  constructor(scope: Construct, id: string, request: ServedListsRequest) {
    super(scope, id);
    const bucket = this.bucket(request);
    const lists = `arn:${Stack.of(this).partition}:s3:::${request.place.bucket}/lists/*`;
    // Without the right to list, a missing object is called forbidden.
    const look: Right = {
      sid: `${idWord(request.firewall)}Looks`,
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
    };
    const wildcard = 'One object for each group of the active configuration, in a bucket for nothing else.';
    this.writeRights = [
      {
        sid: `${idWord(request.firewall)}Writes`,
        actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        resources: [lists],
        wildcard,
      },
      look,
    ];
    this.compareRights = [fetchesRight(this, request, ['dynamodb:Query'])];
    const server = this.server(request, [
      { sid: 'ReadsLists', actions: ['s3:GetObject'], resources: [lists], wildcard },
      look,
    ]);
    this.watchReaders(request);
    const balancer = this.balancer(request, server.lambda);
    new CfnOutput(this, 'Address', {
      value: balancer.loadBalancerDnsName,
      description: `Point ${request.place.hostName} at it (CNAME): ${request.firewall} is fetched from there`,
    });
  }

  private watchReaders({ monitoring, firewall }: ServedListsRequest): void {
    monitoring.watch(this, {
      severity: 'medium',
      article: 'list-not-fetched',
      subject: firewall,
      summary: `A firewall that fetched lists of ${firewall} has stopped; it acts on the last ones that it has.`,
      metric: ownMetric(metrics.silentReaders, firewall),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      // It comes with each comparison.
      missing: TreatMissingData.IGNORE,
    });
  }

  private bucket({ surroundings, place }: ServedListsRequest): Bucket {
    const { key } = surroundings;
    const bucket = new Bucket(this, 'Bucket', {
      bucketName: place.bucket,
      versioned: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // What firewalls fetch stays, whatever becomes of the stack.
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ noncurrentVersionExpiration: keepReplaced }],
      ...(key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
    });
    acknowledge(bucket, {
      id: 'AwsSolutions-S1',
      reason:
        'Firewalls do not read the bucket; the function that serves it notes who fetched which version, and writes are in the audit archive.',
    });
    return bucket;
  }

  /** Outside of any network: the load balancer calls it, not a connection. It may write one partition of one table. */
  private server(request: ServedListsRequest, read: readonly Right[]): ZonebridgeFunction {
    const { surroundings, monitoring, firewall, secret } = request;
    return new ZonebridgeFunction(this, 'ServeLists', {
      surroundings,
      monitoring,
      useCase: 'serve-lists',
      subject: `serve-lists-${firewall}`,
      description: `Serves the lists of ${firewall} to the firewalls that fetch them`,
      timeout: Duration.seconds(20),
      memoryMb: 512,
      frequent: true,
      services: ['s3', 'secretsmanager'],
      environment: listsEnvironment(firewall),
      rights: [
        ...read,
        {
          sid: 'PasswordsOfReaders',
          actions: ['secretsmanager:GetSecretValue'],
          resources: [secret],
        },
        fetchesRight(this, request, ['dynamodb:PutItem']),
      ],
    });
  }

  private balancer(
    { place, network, firewall }: ServedListsRequest,
    server: IFunction,
  ): ApplicationLoadBalancer {
    const { vpc, subnets } = network;
    const door = new SecurityGroup(this, 'Door', {
      vpc,
      description: `HTTPS from the firewalls that fetch the lists of ${firewall}`,
      allowAllOutbound: false,
    });
    const ranges = new Set(place.readers.flatMap(({ sources }) => sources));
    const isIpv6 = (range: string): boolean => range.includes(':');
    for (const range of ranges)
      door.addIngressRule(isIpv6(range) ? Peer.ipv6(range) : Peer.ipv4(range), Port.tcp(443), 'reader');
    const balancer = new ApplicationLoadBalancer(this, 'Balancer', {
      vpc,
      vpcSubnets: { subnets: onePerZone(subnets) },
      internetFacing: false,
      securityGroup: door,
      // Without an IPv6 address of its own nobody from such a range reaches it; with one its subnets need an IPv6 range.
      ipAddressType: [...ranges].some(isIpv6) ? IpAddressType.DUAL_STACK : IpAddressType.IPV4,
      deletionProtection: true,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
    });
    acknowledge(balancer, {
      id: 'AwsSolutions-ELB2',
      reason:
        'Firewalls ask every minute or more often: the function notes which of them fetched which version, and its log says whom it refused and why.',
    });
    balancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      open: false,
      // TLS 1.2 with forward secrecy at least: management planes of firewalls are not the newest clients.
      sslPolicy: SslPolicy.RECOMMENDED_TLS,
      certificates: [ListenerCertificate.fromArn(place.certificateArn)],
      ...(place.trustStoreArn === undefined
        ? {}
        : {
            mutualAuthentication: {
              mutualAuthenticationMode: MutualAuthenticationMode.VERIFY,
              trustStore: TrustStore.fromTrustStoreArn(this, 'Trust', place.trustStoreArn),
            },
          }),
      defaultTargetGroups: [this.target(vpc, server)],
    });
    return balancer;
  }

  private target(vpc: IVpc, server: IFunction): ApplicationTargetGroup {
    server.addPermission('FromOwnLoadBalancers', {
      principal: new ServicePrincipal('elasticloadbalancing.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
    });
    const target: IApplicationLoadBalancerTarget = {
      attachToApplicationTargetGroup: () => ({
        targetType: TargetType.LAMBDA,
        targetJson: { id: server.functionArn },
      }),
    };
    const group = new ApplicationTargetGroup(this, 'Target', {
      vpc,
      targetType: TargetType.LAMBDA,
      // A header that was sent twice is seen to be sent twice.
      multiValueHeadersEnabled: true,
      targets: [target],
    });
    const permission = server.node.findChild('FromOwnLoadBalancers');
    group.node.addDependency(permission);
    return group;
  }
}

/** The rows that tell who fetched the lists of this entry, and no others. */
function fetchesRight(
  scope: Construct,
  { surroundings, firewall }: ServedListsRequest,
  actions: readonly string[],
): Right {
  const resourceName = names.table(surroundings.hub.name, 'history');
  return {
    sid: `${idWord(firewall)}Fetches`,
    actions,
    resources: [Stack.of(scope).formatArn({ service: 'dynamodb', resource: 'table', resourceName })],
    conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [names.fetches(firewall)] } },
  };
}

/** Statement ids are letters and digits alone. */
function idWord(firewall: string): string {
  return firewall.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, first: string) => first.toUpperCase());
}
