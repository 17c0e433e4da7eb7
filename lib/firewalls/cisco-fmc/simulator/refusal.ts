import { jsonAnswer } from '../../../simulators/http.ts';
import type { ApiAnswer } from '../../../simulators/http.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

export type Category = 'FRAMEWORK' | 'VALIDATION' | 'OTHER';

/** What a manager answers instead of doing it. */
export class Refusal extends Error {
  readonly status: number;
  readonly category: Category;

  constructor(status: number, description: string, category: Category = 'OTHER') {
    super(description);
    this.status = status;
    this.category = category;
  }
}

export function errorBody(description: string, category: Category): JsonObject {
  return { error: { category, severity: 'ERROR', messages: [{ description }] } };
}

export function refusalAnswer({ status, message, category }: Refusal): ApiAnswer {
  return jsonAnswer(status, errorBody(message, category));
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
