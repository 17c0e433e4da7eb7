import { jsonAnswer } from '../../../simulators/http.ts';
import type { ApiAnswer } from '../../../simulators/http.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

export type Category = 'FRAMEWORK' | 'VALIDATION' | 'OTHER';

/** What a manager answers instead of doing it. */
export class Refusal extends Error {
  readonly status: number;
  readonly category: Category;
  /** Which element of a bulk body is refused. */
  index: number | undefined;

  constructor(status: number, description: string, category: Category = 'OTHER') {
    super(description);
    this.status = status;
    this.category = category;
  }
}

export function errorBody(description: string, category: Category, more: JsonObject = {}): JsonObject {
  return { error: { category, severity: 'ERROR', messages: [{ description, ...more }] } };
}

/** `indexed`: newer contracts say which element of a bulk body it is about. */
export function refusalAnswer({ status, message, category, index }: Refusal, indexed: boolean): ApiAnswer {
  const more = indexed && index !== undefined ? { severity: 'ERROR', bulkPayloadIndex: index } : {};
  return jsonAnswer(status, errorBody(message, category, more));
}

/** Runs something for an element of a bulk body; what is refused names the element. */
export function about<T>(index: number | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) error.index = index;
    throw error;
  }
}

export function unsupported(method: string): Refusal {
  return new Refusal(405, `The method ${method} is not supported.`, 'FRAMEWORK');
}

export function missing(what: string): Refusal {
  return new Refusal(404, `The requested ${what} was not found.`, 'FRAMEWORK');
}

export function invalid(description: string, status = 400): Refusal {
  return new Refusal(status, description, 'VALIDATION');
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
