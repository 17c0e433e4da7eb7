/** An element that fails: what `result[].status` says. */
export class Refusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

export const noPermission = (): Refusal => new Refusal(-11, 'No permission for the resource');
export const invalidUrl = (): Refusal => new Refusal(-6, 'Invalid url');
export const noObject = (): Refusal => new Refusal(-3, 'Object does not exist');
export const invalidData = (why: string): Refusal =>
  new Refusal(-10, `The data is invalid for selected url: ${why}`);
export const notLocked = (): Refusal => new Refusal(-10147, 'no write permission');

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as text; what is no text or number becomes an empty one. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
