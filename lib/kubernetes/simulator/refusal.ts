import type { JsonObject } from './model.ts';
import type { Resource } from './resource.ts';

interface Cause {
  reason: string;
  message: string;
  field?: string;
}

interface Details {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: Cause[];
  retryAfterSeconds?: number;
}

/** What the API refuses, with the body it says so by: an object of kind Status. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string | undefined;
  readonly details: Details | undefined;
  /** Only an expired continuation has one: where an inconsistent listing can go on. */
  readonly next: string | undefined;

  constructor(
    status: number,
    message: string,
    more: { reason?: string | undefined; details?: Details | undefined; next?: string | undefined } = {},
  ) {
    super(message);
    this.status = status;
    this.reason = 'reason' in more ? more.reason : reasons[status];
    this.details = more.details;
    this.next = more.next;
  }

  body(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.next === undefined ? {} : { continue: this.next },
      status: 'Failure',
      message: this.message,
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: structuredClone(this.details) as JsonObject }),
      code: this.status,
    };
  }
}

/** Words of the API for its statuses. */
const reasons: Record<number, string | undefined> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

export const badRequest = (message: string): Refusal => new Refusal(400, message);

function detailsOf(resource: Resource, name: string): Details {
  return { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural };
}

/** `pods "x"`, or `deployments.apps "x"` outside of the core group. */
function quoted(resource: Resource, name: string): string {
  return `${qualified(resource)} ${JSON.stringify(name)}`;
}

export function qualified(resource: Pick<Resource, 'group' | 'plural'>): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

export function notFound(resource: Resource, name: string): Refusal {
  return new Refusal(404, `${quoted(resource, name)} not found`, {
    reason: 'NotFound',
    details: detailsOf(resource, name),
  });
}

/** No such path below the API. */
export function unknownResource(): Refusal {
  return new Refusal(404, 'the server could not find the requested resource', {
    reason: 'NotFound',
    details: {},
  });
}

export function wrongMethod(): Refusal {
  return new Refusal(405, 'the server does not allow this method on the requested resource', {
    reason: 'MethodNotAllowed',
    details: {},
  });
}

export function alreadyExists(resource: Resource, name: string): Refusal {
  const details = detailsOf(resource, name);
  return new Refusal(409, `${quoted(resource, name)} already exists`, { reason: 'AlreadyExists', details });
}

export function conflict(resource: Resource, name: string, why?: string): Refusal {
  const cause =
    why ?? 'the object has been modified; please apply your changes to the latest version and try again';
  return new Refusal(409, `Operation cannot be fulfilled on ${quoted(resource, name)}: ${cause}`, {
    reason: 'Conflict',
    details: detailsOf(resource, name),
  });
}

export function forbidden(resource: Resource, name: string, why: string, causes?: Cause[]): Refusal {
  return new Refusal(403, `${quoted(resource, name)} is forbidden: ${why}`, {
    reason: 'Forbidden',
    details: { ...detailsOf(resource, name), ...(causes === undefined ? {} : { causes }) },
  });
}

/** A version that is too old to be resumed from. */
export function expired(wanted: string, oldest: number): Refusal {
  return new Refusal(410, `too old resource version: ${wanted} (${oldest})`, { reason: 'Expired' });
}

export function expiredContinue(next: string): Refusal {
  return new Refusal(
    410,
    'The provided continue parameter is too old to display a consistent list result. Start a new list without it, or use the continue token of this answer for the rest, which may then not be consistent.',
    { reason: 'Expired', next },
  );
}

export function tooLargeVersion(wanted: number, current: number): Refusal {
  return new Refusal(504, `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    reason: 'Timeout',
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

/** One field of an object that cannot be. */
export interface Problem {
  field: string;
  reason: 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueForbidden' | 'FieldValueTooLong';
  message: string;
}

export function invalid(resource: Resource, name: string, problems: readonly Problem[]): Refusal {
  const texts = problems.map(({ field, message }) => `${field}: ${message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new Refusal(
    422,
    `${resource.kind}${resource.group === '' ? '' : `.${resource.group}`} ${JSON.stringify(name)} is invalid: ${list}`,
    {
      reason: 'Invalid',
      details: {
        name,
        ...(resource.group === '' ? {} : { group: resource.group }),
        kind: resource.kind,
        causes: problems.map(({ field, message, reason }) => ({ reason, message, field })),
      },
    },
  );
}
