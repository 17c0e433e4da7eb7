/** JSON as it travels on the API. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/**
 * The device says no. `error` is FortiOS's negative number, absent where real answers lack it (a missing key);
 * `cliError` the lines its command line would have printed.
 */
export class Refusal extends Error {
  readonly status: number;
  readonly error: number | undefined;
  readonly cliError: readonly string[] | undefined;

  constructor(status: number, error?: number, cliError?: readonly string[]) {
    super(`refused with HTTP ${status}${error === undefined ? '' : ` and error ${error}`}`);
    this.name = 'Refusal';
    this.status = status;
    this.error = error;
    this.cliError = cliError;
  }
}

/** A refusal of the configuration database: HTTP 500, an error number and command-line text. */
export function databaseRefusal(error: number, line: string): Refusal {
  return new Refusal(500, error, [line, `Command fail. Return code ${error}`]);
}

export function missingEntry(): Refusal {
  return new Refusal(404);
}

/** Text of a plain value, such as a key that came as a number. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
