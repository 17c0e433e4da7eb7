import { CfnOutput, Duration } from 'aws-cdk-lib';
import {
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  Subnet,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Modules } from '../../app/configuration/json-schema.ts';
import type { FirewallConfiguration, NetworkConfiguration } from '../../app/configuration/model.ts';
import { deliveries } from '../../app/deliveries.ts';
import { names } from '../../app/names.ts';
import type { ListPlace } from '../../core/lists.ts';
import { acknowledge } from '../acknowledge.ts';
import { type AwsRights, awsRights } from '../aws-access.ts';
import { CredentialRotation } from '../credential-rotation.ts';
import { FirewallSecrets } from '../firewall-secrets.ts';
import { watchComparisons, watchFirewall } from '../firewall-alarms.ts';
import { PrivateEndpoints } from '../private-endpoints.ts';
import { deadLetterQueue, watchDeadLetters, WatchedQueue } from '../queues.ts';
import { consumeRight, sendRight } from '../rights.ts';
import type { Right } from '../roles.ts';
import { Schedules } from '../schedules.ts';
import { ServedLists } from '../served-lists.ts';
import type { StackSettings } from '../settings.ts';
import { ZonebridgeFunction } from '../zonebridge-function.ts';
import { ZonebridgeStack } from '../zonebridge-stack.ts';

interface Place {
  name: string;
  vpc: IVpc;
  subnets: ISubnet[];
  securityGroups: ISecurityGroup[];
}

/** What both functions that speak to firewalls get. */
interface Parts {
  wake: Queue;
  reconcile: Queue;
  /** To reach the firewalls. */
  rights: readonly Right[];
  /** AWS services behind them that use the customer's key. */
  services: readonly string[];
}

/** One network: its wake-ups, the functions that speak to its firewalls, and their secrets. */
export class NetworkStack extends ZonebridgeStack {
  private readonly place: Place;
  /** For devices that are parts of AWS. */
  private readonly aws: AwsRights;

  constructor(scope: Construct, settings: StackSettings, name: string) {
    const { configuration } = settings;
    const hub = configuration.hub.name;
    super(
      scope,
      names.networkStack(hub, name),
      settings,
      `Zonebridge hub ${hub}: firewalls of network ${name}`,
    );
    const network = networkNamed(configuration.networks, name);
    const firewalls = firewallsOf(configuration.firewalls, name);
    this.aws = awsRights(settings.modules, firewalls);
    this.place = this.lookUp(name, network);
    const served = servedBy(settings.modules, firewalls);
    const wanted = { objects: served.length > 0, more: this.aws.services };
    if (network.endpoints === 'create')
      new PrivateEndpoints(this, 'Endpoints', { ...this.place, network, ...wanted });

    const secrets = new FirewallSecrets(this, 'Secrets', {
      surroundings: this.surroundings,
      firewalls: firewalls.filter(([, { kind }]) => !settings.modules[kind]?.withoutCredential),
    });
    const wake = this.wakeQueue();
    const reconcile = this.reconcileQueue();
    const lists = served.map(([firewall, place]) => this.serveLists(firewall, place, secrets));
    const rights = [...secrets.readRights, ...lists.flatMap(({ writeRights }) => writeRights)];
    const services = lists.length > 0 ? ['s3'] : [];
    this.syncFirewall({ wake, reconcile, rights, services });
    const compareRights = lists.flatMap((one) => one.compareRights);
    this.reconcileFirewall({ wake, reconcile, rights: [...rights, ...compareRights], services });
    if (secrets.rotated.length > 0)
      new CredentialRotation(this, 'Rotation', {
        surroundings: this.surroundings,
        monitoring: this.monitoring,
        network: this.place,
        rotated: secrets.rotated,
        reconcile,
      });
    this.schedule(reconcile, firewalls);
    watchComparisons(this, this.monitoring, name);
    for (const [id] of firewalls) {
      watchFirewall(this, this.monitoring, { firewall: id, alarmAfter: configuration.hub.alarmAfter });
    }
    new CfnOutput(this, 'TrustedHosts', {
      value: network.sourceRanges.join(', ') || 'the ranges of the subnets',
      description: 'Enter these as trusted hosts of the API administrator on the firewalls',
    });
    new CfnOutput(this, 'ReconcileQueueUrl', {
      value: reconcile.queueUrl,
      description: 'Asks for a comparison',
    });
  }

  /** Made of the configured ids: synthesis asks AWS nothing. */
  private lookUp(name: string, network: NetworkConfiguration): Place {
    const zones = network.subnets.map((subnet) => subnet.availabilityZone);
    return {
      name,
      vpc: Vpc.fromVpcAttributes(this, 'Vpc', { vpcId: network.vpc, availabilityZones: [...new Set(zones)] }),
      subnets: network.subnets.map(({ id, availabilityZone }) => this.subnet(id, availabilityZone)),
      securityGroups: network.securityGroups.map((id) =>
        SecurityGroup.fromSecurityGroupId(this, id, id, { mutable: false }),
      ),
    };
  }

  private subnet(subnetId: string, availabilityZone: string): ISubnet {
    const subnet = Subnet.fromSubnetAttributes(this, subnetId, { subnetId, availabilityZone });
    acknowledge(subnet, {
      id: 'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId',
      reason:
        'The gateway endpoint takes its route tables from the configuration; nothing reads them from the subnet.',
    });
    return subnet;
  }

  /**
   * A wake-up that finds its firewall ill goes back to the queue and is received again after 2, 4, 8 ... 60 s. 1,000 deliveries,
   * the most SQS allows, are more than 16 hours of that. When they are used up the message is set aside, which an alarm shows,
   * and the sweep, which renews the wake-ups of all that is dirty, carries on: wake-ups hold no data.
   */
  private wakeQueue(): Queue {
    const { surroundings, monitoring } = this;
    return new WatchedQueue(this, 'Wake', {
      surroundings,
      monitoring,
      name: names.wakeQueue(surroundings.hub.name, this.place.name),
      subject: `wake-${this.place.name}`,
      // Above the time-out of the function; low, because it is also how long a crash delays its firewall.
      visibility: Duration.seconds(deliveries.wake.visibility),
      retention: Duration.seconds(deliveries.wake.retention),
      deliveries: deliveries.wake.deliveries,
      deadLetterSummary: `A firewall of network ${this.place.name} was tried 1,000 times without success.`,
    }).queue;
  }

  private reconcileQueue(): Queue {
    const { surroundings, monitoring } = this;
    return new WatchedQueue(this, 'Reconcile', {
      surroundings,
      monitoring,
      name: names.reconcileQueue(surroundings.hub.name, this.place.name),
      subject: `reconcile-${this.place.name}`,
      visibility: Duration.seconds(deliveries.reconcile.visibility),
      // The schedule asks again; a question that is an hour old need not be answered.
      retention: Duration.seconds(deliveries.reconcile.retention),
      deliveries: deliveries.reconcile.deliveries,
      deadLetterSummary: `A firewall of network ${this.place.name} could not be compared with the ledger, three times over.`,
    }).queue;
  }

  private serveLists(firewall: string, place: ListPlace, secrets: FirewallSecrets): ServedLists {
    const { surroundings, monitoring } = this;
    return new ServedLists(this, `Lists-${firewall}`, {
      surroundings,
      monitoring,
      firewall,
      place,
      secret: secrets.arns.get(firewall) ?? '',
      network: this.place,
    });
  }

  private syncFirewall(parts: Parts): void {
    const { surroundings, monitoring } = this;
    const sync = new ZonebridgeFunction(this, 'SyncFirewall', {
      surroundings,
      monitoring,
      useCase: 'sync-firewall',
      description: `Writes to the firewalls of network ${this.place.name}`,
      timeout: Duration.seconds(deliveries.wake.timeout),
      memoryMb: 1024,
      network: this.place,
      services: parts.services,
      rights: [
        ...parts.rights,
        // Postponing a wake-up is a change of its visibility.
        consumeRight('OwnQueue', parts.wake.queueArn, ['sqs:ChangeMessageVisibility', 'sqs:GetQueueUrl']),
        sendRight('AsksForComparison', [parts.reconcile.queueArn]),
        sendRight('WakesItselfForRetries', [parts.wake.queueArn]),
        ...this.aws.reads,
        ...this.aws.writes,
      ],
    });
    sync.consume(parts.wake, { batchSize: deliveries.wake.batch });
  }

  private reconcileFirewall(parts: Parts): void {
    const { surroundings, monitoring } = this;
    const reconcile = new ZonebridgeFunction(this, 'ReconcileFirewall', {
      surroundings,
      monitoring,
      useCase: 'reconcile-firewall',
      description: `Compares the firewalls of network ${this.place.name} with the ledger; only reads them`,
      timeout: Duration.seconds(deliveries.reconcile.timeout),
      memoryMb: 1024,
      network: this.place,
      services: parts.services,
      rights: [
        ...parts.rights,
        consumeRight('OwnQueue', parts.reconcile.queueArn),
        sendRight('WakesSync', [parts.wake.queueArn]),
        ...this.aws.reads,
      ],
    });
    reconcile.consume(parts.reconcile, {
      batchSize: deliveries.reconcile.batch,
      maxConcurrency: deliveries.reconcile.concurrency,
    });
  }

  private schedule(reconcile: Queue, firewalls: readonly [string, FirewallConfiguration][]): void {
    const undelivered = deadLetterQueue(this, 'Undelivered', this.surroundings);
    acknowledge(undelivered, {
      id: 'AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue of the schedules, a use this check does not see.',
    });
    watchDeadLetters(undelivered, this.monitoring, {
      subject: `undelivered-${this.place.name}`,
      summary: `A schedule of network ${this.place.name} could not deliver its request.`,
    });
    const schedules = new Schedules(this, 'ReconcileSchedules', {
      surroundings: this.surroundings,
      right: { sid: 'AskForComparison', actions: ['sqs:SendMessage'], resources: [reconcile.queueArn] },
      targetArn: reconcile.queueArn,
      deadLetters: undelivered,
    });
    for (const [id, { reconcileMinutes }] of firewalls) {
      schedules.every(id, reconcileMinutes, {
        input: { firewall: id, reason: 'schedule' },
        keepSeconds: reconcileMinutes * 60,
        description: `Compares ${id} with the ledger`,
      });
    }
  }
}

function networkNamed(networks: Record<string, NetworkConfiguration>, name: string): NetworkConfiguration {
  const network = networks[name];
  if (network === undefined) throw new RangeError(`no network ${name} in the configuration`);
  return network;
}

function firewallsOf(
  firewalls: Record<string, FirewallConfiguration>,
  network: string,
): [string, FirewallConfiguration][] {
  return Object.entries(firewalls).filter(([, firewall]) => firewall.network === network);
}

/** Those whose lists firewalls fetch from us. */
function servedBy(
  modules: Modules,
  firewalls: readonly [string, FirewallConfiguration][],
): [string, ListPlace][] {
  return firewalls.flatMap(([id, { kind, settings }]) => {
    const place = modules[kind]?.serving?.place(settings);
    return place ? [[id, place]] : [];
  });
}
