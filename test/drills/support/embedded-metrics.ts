import { vi } from 'vitest';
import { LambdaTelemetry } from '../../../lib/aws/telemetry.ts';
import { metrics as definitions } from '../../../lib/app/metrics.ts';
import { names } from '../../../lib/app/names.ts';
import type { Clock, LogFields, Telemetry } from '../../../lib/core/ports.ts';
import type { Metrics } from './cloudwatch.ts';

const units = Object.fromEntries(Object.values(definitions).map(({ name, unit }) => [name, unit]));

interface EmbeddedMetrics {
  _aws?: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  [name: string]: unknown;
}

/** The telemetry of the functions; what it prints is kept, and its embedded metrics are read as CloudWatch reads them. */
export class PrintedTelemetry implements Telemetry {
  readonly lines: string[] = [];
  readonly #printer = new LambdaTelemetry({ namespace: names.metricsNamespace, units });
  readonly #clock: Clock;
  readonly #metrics: Metrics;

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  metric(name: string, value: number, dimensions?: Readonly<Record<string, string>>): void {
    this.#keep(() => this.#printer.metric(name, value, dimensions));
  }

  info(message: string, fields?: LogFields): void {
    this.#keep(() => this.#printer.info(message, fields));
  }

  warn(message: string, fields?: LogFields): void {
    this.#keep(() => this.#printer.warn(message, fields));
  }

  #keep(print: () => void): void {
    vi.setSystemTime(this.#clock.now());
    const printed: string[] = [];
    const take = (chunk: unknown): boolean => printed.push(String(chunk)) > 0;
    Object.assign(process.stdout, { write: take });
    Object.assign(process.stderr, { write: take });
    try {
      print();
    } finally {
      // What streams have of their class shows again.
      Reflect.deleteProperty(process.stdout, 'write');
      Reflect.deleteProperty(process.stderr, 'write');
    }
    for (const line of printed.join('').split('\n').filter(Boolean)) {
      this.lines.push(line);
      readEmbeddedMetrics(line, this.#metrics);
    }
  }
}

/** Takes the metrics out of one log line, by the embedded metric format. */
function readEmbeddedMetrics(line: string, into: Metrics): void {
  const entry = JSON.parse(line) as EmbeddedMetrics;
  const { _aws: header } = entry;
  if (!header) return;
  const { Timestamp: at, CloudWatchMetrics: directives } = header;
  for (const { Namespace: namespace, Dimensions, Metrics: list } of directives) {
    for (const names of Dimensions) {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(entry[name])]));
      for (const { Name: name } of list)
        into.put({ namespace, name, dimensions }, { at, value: Number(entry[name]) });
    }
  }
}
