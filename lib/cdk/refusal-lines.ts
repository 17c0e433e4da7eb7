import { InvalidConfiguration } from '../app/configuration/invalid-configuration.ts';
import { isZonebridgeError } from '../core/errors.ts';

/** A refusal as the CDK app says it, each problem of a configuration with its place; undefined when it is none of ours. */
export function refusalLines(error: unknown): string[] | undefined {
  if (!isZonebridgeError(error)) return undefined;
  const problems = error instanceof InvalidConfiguration ? error.problems : [];
  return [
    `${error.code}: ${error.message}`,
    ...problems.map((problem) => {
      const place = [problem.file, problem.line, problem.path].filter((part) => part !== undefined).join(':');
      return `  ${place}: ${problem.message}`;
    }),
    `What to do: ${error.remedy}`,
  ];
}
