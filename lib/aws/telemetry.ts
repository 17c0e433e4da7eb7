import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { LogFields, Telemetry } from '../core/ports.ts';

/** Unit of a metric by its name; what is not listed is a count. */
export type Units = Readonly<Record<string, 'Seconds' | 'Milliseconds' | 'Count'>>;

/**
 * Structured log lines and embedded metrics. Each metric is a line of its own with exactly the dimensions given:
 * the `service` dimension that the library adds by default would make a different metric, which no alarm looks at.
 */
export class LambdaTelemetry implements Telemetry {
  readonly #logger = new Logger();
  readonly #namespace: string;
  readonly #units: Units;

  constructor(options: { namespace: string; units: Units }) {
    this.#namespace = options.namespace;
    this.#units = options.units;
  }

  metric(name: string, value: number, dimensions: Readonly<Record<string, string>> = {}): void {
    const metrics = new Metrics({ namespace: this.#namespace });
    metrics.clearDefaultDimensions();
    metrics.addDimensions({ ...dimensions });
    metrics.addMetric(name, MetricUnit[this.#units[name] ?? 'Count'], value);
    metrics.publishStoredMetrics();
  }

  info(message: string, fields: LogFields = {}): void {
    this.#logger.info(message, { ...fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#logger.warn(message, { ...fields });
  }
}
