import { ofType, plain, type StackTemplate } from '../../stack/support.ts';
import type { AlarmTerms } from './cloudwatch.ts';

/** Settings of one queue of the templates. */
export interface QueueTerms {
  /** Its agreed name, or its place in the template for queues that nobody sends to by name. */
  id: string;
  fifo: boolean;
  visibilityMs: number;
  retentionMs: number;
  /** Where messages go after so many deliveries. */
  redrive?: { to: string; after: number };
  /** The function that works it off. */
  consumer?: { function: string; batch: number };
}

/** What the drills need to know of a deployment, read from its templates: alarms, queues, functions. */
export interface Deployment {
  alarms: AlarmTerms[];
  queues: QueueTerms[];
  functions: FunctionTerms[];
  streams: StreamTerms[];
  rules: Delivery[];
  schedules: (Delivery & { everyMinutes: number; input: string })[];
}

/** A function that reads the changes of a table. */
export interface StreamTerms {
  function: string;
  /** A batch older than this is given up; where it lies goes to `onFailure`. */
  longestAgeMs: number;
  onFailure: string;
}

export interface FunctionTerms {
  /** Stack and construct, such as `Network-lan/SyncFirewallFunction`. */
  place: string;
  timeoutMs: number;
}

/** What bus or scheduler bring somewhere, and where it ends when they cannot. */
export interface Delivery {
  to: string;
  deadLetters: string;
}

interface Template {
  stack: string;
  template: StackTemplate;
}

/** Reads alarms, queues and functions from synthesised stacks. */
export function readDeployment(templates: ReadonlyMap<string, StackTemplate>): Deployment {
  const all = [...templates].map(([stack, template]) => ({ stack, template }));
  return {
    alarms: all.flatMap(alarmsOf),
    queues: all.flatMap(queuesOf),
    functions: all.flatMap(functionsOf),
    streams: all.flatMap(streamsOf),
    rules: all.flatMap(rulesOf),
    schedules: all.flatMap(schedulesOf),
  };
}

/** A resource by stack and construct: stable, readable, and the same for whoever refers to it. */
function placeOf(stack: string, logicalId: string): string {
  return `${stack.split('-').slice(2).join('-')}/${plain(logicalId)}`;
}

/** A name that may be a reference to a resource of the same template. */
function resolve({ stack, template }: Template, value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref: ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
  const id = ref ?? attribute?.[0];
  if (id === undefined) throw new TypeError(`cannot resolve ${JSON.stringify(value)}`);
  const physical = template.Resources[id]?.Properties['QueueName'];
  return typeof physical === 'string' ? physical : placeOf(stack, id);
}

function isStream(mapping: Record<string, unknown>): boolean {
  return mapping['StartingPosition'] !== undefined;
}

function mappings({ template }: Template): Record<string, unknown>[] {
  return Object.values(ofType(template, 'AWS::Lambda::EventSourceMapping')).map(
    ({ Properties }) => Properties,
  );
}

function streamsOf(place: Template): StreamTerms[] {
  return mappings(place)
    .filter(isStream)
    .map((mapping) => {
      const { OnFailure: end } = mapping['DestinationConfig'] as { OnFailure: { Destination: unknown } };
      return {
        function: resolve(place, mapping['FunctionName']),
        longestAgeMs: Number(mapping['MaximumRecordAgeInSeconds']) * 1000,
        onFailure: resolve(place, end.Destination),
      };
    });
}

function queuesOf(place: Template): QueueTerms[] {
  const ofQueues = mappings(place).filter((mapping) => !isStream(mapping));
  const consumers = new Map(
    ofQueues.map((each) => [
      resolve(place, each['EventSourceArn']),
      { function: resolve(place, each['FunctionName']), batch: Number(each['BatchSize']) },
    ]),
  );
  return Object.entries(ofType(place.template, 'AWS::SQS::Queue')).map(([logicalId, queue]) => {
    const id = resolve(place, { Ref: logicalId });
    const redrive = queue.Properties['RedrivePolicy'] as
      | { deadLetterTargetArn: unknown; maxReceiveCount: number }
      | undefined;
    const consumer = consumers.get(id);
    return {
      id,
      fifo: queue.Properties['FifoQueue'] === true,
      // Defaults of SQS: 30 s, 4 days.
      visibilityMs: Number(queue.Properties['VisibilityTimeout'] ?? 30) * 1000,
      retentionMs: Number(queue.Properties['MessageRetentionPeriod'] ?? 345_600) * 1000,
      ...(redrive
        ? { redrive: { to: resolve(place, redrive.deadLetterTargetArn), after: redrive.maxReceiveCount } }
        : {}),
      ...(consumer ? { consumer } : {}),
    };
  });
}

function functionsOf({ stack, template }: Template): FunctionTerms[] {
  return Object.entries(ofType(template, 'AWS::Lambda::Function')).map(([id, { Properties }]) => ({
    place: placeOf(stack, id),
    timeoutMs: Number(Properties['Timeout']) * 1000,
  }));
}

interface Target {
  Arn: unknown;
  Input?: string;
  DeadLetterConfig: { Arn: unknown };
}

function deliveryOf(place: Template, target: Target): Delivery {
  return { to: resolve(place, target.Arn), deadLetters: resolve(place, target.DeadLetterConfig.Arn) };
}

function rulesOf(place: Template): Delivery[] {
  return Object.values(ofType(place.template, 'AWS::Events::Rule')).flatMap(({ Properties }) =>
    (Properties['Targets'] as Target[]).map((target) => deliveryOf(place, target)),
  );
}

function schedulesOf(place: Template): Deployment['schedules'] {
  return Object.values(ofType(place.template, 'AWS::Scheduler::Schedule')).map(({ Properties }) => {
    const target = Properties['Target'] as Target;
    const minutes = /^rate\((\d+) minutes?\)$/.exec(String(Properties['ScheduleExpression']))?.[1];
    if (minutes === undefined) throw new TypeError(`cannot read ${String(Properties['ScheduleExpression'])}`);
    return { ...deliveryOf(place, target), everyMinutes: Number(minutes), input: target.Input ?? '{}' };
  });
}

function alarmsOf(place: Template): AlarmTerms[] {
  return Object.values(ofType(place.template, 'AWS::CloudWatch::Alarm')).map(({ Properties: alarm }) => {
    const name = String(alarm['AlarmName']);
    if (alarm['Metrics'] !== undefined) throw new TypeError(`${name} uses metric math; teach the evaluator`);
    const dimensions = (alarm['Dimensions'] ?? []) as { Name: string; Value: unknown }[];
    const periods = Number(alarm['EvaluationPeriods']);
    return {
      name,
      description: String(alarm['AlarmDescription']),
      namespace: String(alarm['Namespace']),
      metric: String(alarm['MetricName']),
      dimensions: Object.fromEntries(dimensions.map((each) => [each.Name, resolve(place, each.Value)])),
      statistic: alarm['Statistic'] as AlarmTerms['statistic'],
      periodMs: Number(alarm['Period']) * 1000,
      evaluationPeriods: periods,
      datapointsToAlarm: Number(alarm['DatapointsToAlarm'] ?? periods),
      threshold: Number(alarm['Threshold']),
      comparison: String(alarm['ComparisonOperator']),
      missing: (alarm['TreatMissingData'] ?? 'missing') as AlarmTerms['missing'],
    };
  });
}
