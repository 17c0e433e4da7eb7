import { createHash, createHmac } from 'node:crypto';
import { request } from 'undici';

/** Who signs; `token` belongs to the credentials of an assumed role. */
interface Credentials {
  id: string;
  secret: string;
  token?: string;
}

/** The account's root of the emulator. */
const root: Credentials = { id: 'test', secret: 'test' };

export interface AwsCall {
  endpoint: string;
  service: 'elasticloadbalancing' | 'iam' | 'lambda';
  method: 'GET' | 'POST' | 'PUT';
  /** Without query. */
  path: string;
  body?: string;
  headers?: Record<string, string>;
  credentials?: Credentials;
}

const region = 'eu-central-1';

/** One signed call to a service whose client is not installed; gives the text of the answer, throws on any status but 2xx. */
export async function awsCall(call: AwsCall): Promise<string> {
  const { endpoint, method, path, body = '' } = call;
  const answer = await request(`${endpoint}${path}`, { method, headers: signed(call, new Date()), body });
  const text = await answer.body.text();
  if (answer.statusCode >= 300)
    throw new Error(`${call.service} ${method} ${path}: ${answer.statusCode} ${text}`);
  return text;
}

/** Signature version 4 (IAM user guide, "Create a signed AWS API request"). */
function signed(call: AwsCall, now: Date): Record<string, string> {
  const { credentials = root, service, method, path, body = '' } = call;
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const headers: Record<string, string> = {
    ...call.headers,
    host: new URL(call.endpoint).host,
    'x-amz-date': time,
    ...(credentials.token === undefined ? {} : { 'x-amz-security-token': credentials.token }),
  };
  const named = Object.keys(headers).sort();
  const canonical = [
    method,
    path,
    '',
    ...named.map((name) => `${name}:${headers[name]}`),
    '',
    named.join(';'),
    sha256(body),
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const parts = [day, region, service, 'aws4_request'];
  const key = parts.reduce<Buffer>(
    (from, part) => hmac(from, part),
    Buffer.from(`AWS4${credentials.secret}`),
  );
  const signature = hmac(key, toSign).toString('hex');
  const credential = `${credentials.id}/${scope}`;
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${named.join(';')}, Signature=${signature}`;
  return headers;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
