import type { ListAnswer, ListRequest } from './request.ts';

/** What a load balancer hands to a function, with all values of each header (docs.aws.amazon.com, "Lambda functions as targets"). */
export interface BalancedRequest {
  httpMethod: string;
  path: string;
  headers?: Readonly<Record<string, string | undefined>> | undefined;
  multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | undefined;
}

/** What it takes back. */
export interface BalancedAnswer {
  statusCode: number;
  statusDescription: string;
  multiValueHeaders: Record<string, string[]>;
  body: string;
  isBase64Encoded: boolean;
}

const phrases: Readonly<Record<number, string>> = {
  200: 'OK',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  503: 'Service Unavailable',
};

export function fromLoadBalancer({
  httpMethod,
  path,
  headers,
  multiValueHeaders,
}: BalancedRequest): ListRequest {
  const found: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>;
  for (const [name, value] of Object.entries(headers ?? {}))
    if (value !== undefined) found[name.toLowerCase()] = [value];
  for (const [name, values] of Object.entries(multiValueHeaders ?? {}))
    if (values !== undefined) found[name.toLowerCase()] = values;
  return { method: httpMethod, path, headers: found };
}

export function toLoadBalancer({ status, headers, body }: ListAnswer): BalancedAnswer {
  const text = typeof body === 'string';
  return {
    statusCode: status,
    statusDescription: `${status} ${phrases[status] ?? 'Answer'}`,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: text ? body : Buffer.from(body).toString('base64'),
    isBase64Encoded: !text,
  };
}
