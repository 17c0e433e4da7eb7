import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type ApiRequest, header } from '../../../simulators/http.ts';
import { Refusal } from './refusal.ts';

/** Who may call. */
export interface Key {
  accessKeyId: string;
  secretAccessKey: string;
}

/** How far the clock of a caller may be off (EC2 error codes: RequestExpired). Assumption: five minutes, as with other AWS services. */
const skewMs = 5 * 60_000;
const form =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

/**
 * Checks the signature (Signature Version 4) of a request to `/` without query. Throws what EC2 answers. The codes are those of the EC2 API reference; that
 * a wrong region is told by `AuthFailure` with this text is an assumption.
 */
export function checkSignature(
  request: ApiRequest,
  expected: { key: Key; region: string; now: number },
): void {
  const parts = form.exec(header(request, 'authorization'));
  if (!parts) throw new Refusal('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  const [, accessKeyId = '', day = '', region = '', service = '', names = '', signature = ''] = parts;
  const { key } = expected;
  if (accessKeyId !== key.accessKeyId)
    throw new Refusal('AuthFailure', 'AWS was not able to validate the provided access credentials', 401);
  if (region !== expected.region || service !== 'ec2')
    throw new Refusal('AuthFailure', `Credential should be scoped to a valid Region, not '${region}'.`, 401);
  const date = header(request, 'x-amz-date');
  const sent = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(sent - expected.now) <= skewMs) || !date.startsWith(day))
    throw new Refusal('RequestExpired', 'Request has expired.');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical(request, names))].join('\n');
  const secret = [day, region, service, 'aws4_request'].reduce(
    (before: Buffer | string, word) => hmac(before, word),
    `AWS4${key.secretAccessKey}`,
  );
  if (!timingSafeEqual(hmac(secret, text), Buffer.from(signature, 'hex')))
    throw new Refusal(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
      403,
    );
}

function canonical(request: ApiRequest, names: string): string {
  const headers = names
    .split(';')
    .map((name) => `${name}:${header(request, name).trim().replaceAll(/ +/g, ' ')}\n`);
  return [request.method, '/', '', headers.join(''), names, sha256(request.body)].join('\n');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
