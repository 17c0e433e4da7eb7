import type { MiddlewareObj } from '@middy/core';
import type { FunctionApp, Usage } from '../lib/app/compose.ts';

/** One log line per invocation: when it ran and what it cost the tables. The benchmark and cost questions read it. */
export function figures(app: FunctionApp, useCase: string): MiddlewareObj {
  let startedAt = 0;
  let before: Usage = { ...app.usage };
  const tell = (): void => {
    const { calls, readUnits, writeUnits } = app.usage;
    app.ports.telemetry.info('invocation', {
      useCase,
      startedAt,
      endedAt: app.ports.clock.now(),
      calls: calls - before.calls,
      readUnits: readUnits - before.readUnits,
      writeUnits: writeUnits - before.writeUnits,
    });
  };
  return {
    before: () => {
      startedAt = app.ports.clock.now();
      before = { ...app.usage };
    },
    after: tell,
    onError: tell,
  };
}
