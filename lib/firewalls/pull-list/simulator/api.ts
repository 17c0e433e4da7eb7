import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type ApiAnswer, type ApiRequest, header } from '../../../simulators/http.ts';
import type { Fault } from './faults.ts';
import type { Objects, StoredObject } from './objects.ts';

/** What S3 says when it refuses (S3 API reference, "Error responses"). */
const refusals = {
  AccessDenied: [403, 'Access Denied'],
  BadDigest: [400, 'The checksum you specified did not match what we received.'],
  ConditionalRequestConflict: [409, 'A conflicting operation occurred during the request.'],
  InvalidAccessKeyId: [403, 'The access key ID you provided does not exist in our records.'],
  MethodNotAllowed: [405, 'The method is not allowed against this resource.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NotImplemented: [501, 'A header you provided implies functionality that is not implemented.'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  SlowDown: [503, 'Please reduce your request rate.'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

type RefusalCode = keyof typeof refusals;

const byFault: Readonly<Record<string, RefusalCode>> = {
  unauthorized: 'InvalidAccessKeyId',
  forbidden: 'AccessDenied',
  'slow-down': 'SlowDown',
  conflict: 'ConditionalRequestConflict',
};

/** Answers the few calls of S3 that lists need: HEAD of a bucket; GET, PUT and DELETE of an object, with conditions. Buckets by path. */
export function answer(
  request: ApiRequest,
  faults: readonly Fault[],
  { bucket, objects }: { bucket: string; objects: Objects },
): ApiAnswer {
  for (const { kind } of faults) {
    const code = byFault[kind];
    if (code !== undefined) return refuse(request, code);
  }
  // A signature is made by every client of S3; whether it fits the secret is not looked at.
  if (!header(request, 'authorization').startsWith('AWS4-HMAC-SHA256 '))
    return refuse(request, 'AccessDenied');
  const [, asked = '', ...rest] = request.path.split('/');
  if (asked !== bucket) return refuse(request, 'NoSuchBucket');
  const key = decoded(rest.join('/'));
  if (key === undefined) return refuse(request, 'NoSuchKey');
  if (key === '') return request.method === 'HEAD' ? reply(200) : refuse(request, 'MethodNotAllowed');
  switch (request.method) {
    case 'GET':
      return get(
        request,
        objects.get(key),
        faults.some(({ kind }) => kind === 'half'),
      );
    case 'PUT':
      return put(request, key, objects);
    case 'DELETE':
      objects.delete(key);
      return reply(204);
    default:
      return refuse(request, 'MethodNotAllowed');
  }
}

function get(request: ApiRequest, object: StoredObject | undefined, half: boolean): ApiAnswer {
  if (!object) return refuse(request, 'NoSuchKey');
  const { etag, body, contentType, metadata, modifiedAt } = object;
  if (header(request, 'if-none-match') === etag) return reply(304, { etag });
  const fields = Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
  return reply(
    200,
    {
      etag,
      'content-type': contentType,
      'last-modified': new Date(modifiedAt).toUTCString(),
      ...Object.fromEntries(fields),
      ...(half ? { 'transfer-encoding': 'chunked' } : {}),
    },
    half ? body.slice(0, body.length / 2) : body,
  );
}

function put(request: ApiRequest, key: string, objects: Objects): ApiAnswer {
  const refused = condition(request, objects.get(key)) ?? integrity(request);
  if (refused) return refuse(request, refused);
  const metadata: Record<string, string> = {};
  for (const name of Object.keys(request.headers))
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = header(request, name);
  const contentType = header(request, 'content-type') || 'binary/octet-stream';
  const { etag } = objects.put(key, { body: request.body, contentType, metadata });
  return reply(200, { etag });
}

function condition(request: ApiRequest, object: StoredObject | undefined): RefusalCode | undefined {
  const same = header(request, 'if-match');
  if (same !== '' && !object) return 'NoSuchKey';
  if (same !== '' && same !== object?.etag) return 'PreconditionFailed';
  return header(request, 'if-none-match') === '*' && object ? 'PreconditionFailed' : undefined;
}

function integrity(request: ApiRequest): RefusalCode | undefined {
  if (header(request, 'content-encoding').includes('aws-chunked')) return 'NotImplemented';
  const told = header(request, 'x-amz-checksum-crc32');
  if (told === '') return undefined;
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(request.body));
  return sum.toString('base64') === told ? undefined : 'BadDigest';
}

function refuse(request: ApiRequest, code: RefusalCode): ApiAnswer {
  const [status, message] = refusals[code];
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return reply(status, { 'content-type': 'application/xml' }, request.method === 'HEAD' ? '' : body);
}

function reply(status: number, headers: Readonly<Record<string, string>> = {}, body = ''): ApiAnswer {
  const id = randomBytes(8).toString('hex').toUpperCase();
  return { status, headers: { 'x-amz-request-id': id, server: 'AmazonS3', ...headers }, body };
}

function decoded(key: string): string | undefined {
  try {
    return decodeURIComponent(key);
  } catch {
    return undefined;
  }
}
