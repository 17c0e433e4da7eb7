import { createHash, createHmac } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import {
  EKSClient,
  ListAccessEntriesCommand,
  ListAssociatedAccessPoliciesCommand,
} from '@aws-sdk/client-eks';
import { kubeconfigEntrance } from '../../lib/kubernetes/administration/kubeconfig.ts';
import { certify, type Identity } from './pki.ts';

const region = 'eu-central-1';
const adminPolicy = /:cluster-access-policy\/AmazonEKSClusterAdminPolicy$/;

/** Somebody whom STS knows. */
export interface Caller {
  accessKeyId: string;
  secretAccessKey: string;
  /** As GetCallerIdentity tells it. */
  arn: string;
}

export interface EksFrontOptions {
  /** The emulator of AWS, whose clusters have no API. */
  aws: string;
  cluster: string;
  /** Administrator's way to the API that stands behind the cluster. */
  kubeconfig: string;
  callers: readonly Caller[];
}

/**
 * An EKS cluster with an API: the emulator's EKS, whose answer names endpoint and authority, and a Kubernetes API that takes whoever proves by a
 * token to be a principal with an access entry (EKS user guide; token format and checks of the AWS IAM Authenticator), and nobody else.
 */
export class EksFront {
  /** Of the AWS services, for `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  /** Who was let in, and what for. */
  readonly entered: { arn: string; method: string; path: string }[] = [];
  /** Requests that an access entry does not count for yet. */
  notYet = 0;
  /** Authority that EKS tells; the right one unless a test says otherwise. */
  authority: string;
  readonly #options: EksFrontOptions;
  readonly #eks: EKSClient;
  readonly #servers: readonly Server[];
  readonly #url: string;

  private constructor(
    options: EksFrontOptions,
    { authority, servers }: { authority: Identity; servers: { aws: Server; kubernetes: Server } },
  ) {
    this.#options = options;
    this.authority = authority.certificate;
    this.#servers = Object.values(servers);
    const port = (server: Server): number => (server.address() as AddressInfo).port;
    this.endpoint = `http://127.0.0.1:${port(servers.aws)}`;
    this.#url = `https://127.0.0.1:${port(servers.kubernetes)}`;
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    this.#eks = new EKSClient({ endpoint: options.aws, region, credentials });
  }

  static async start(options: EksFrontOptions): Promise<EksFront> {
    const authority = await certify({ name: 'cluster authority', authority: true });
    const own = await certify({
      name: 'kubernetes',
      signedBy: authority,
      for: [{ type: 'ip', value: '127.0.0.1' }],
    });
    let front: EksFront | undefined;
    const answer =
      (how: 'aws' | 'kubernetes') =>
      (request: IncomingMessage, response: ServerResponse): void => {
        const done = how === 'aws' ? front?.toAws(request, response) : front?.toKubernetes(request, response);
        done?.catch((error: unknown) => response.writeHead(502).end(String(error)));
      };
    const servers = {
      aws: createHttpServer(answer('aws')),
      kubernetes: createHttpsServer({ cert: own.certificate, key: own.privateKey }, answer('kubernetes')),
    };
    for (const server of Object.values(servers))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    front = new EksFront(options, { authority, servers });
    return front;
  }

  async stop(): Promise<void> {
    this.#eks.destroy();
    for (const server of this.#servers) await new Promise((resolve) => server.close(resolve));
  }

  /** Hands everything on to the emulator; what it says of the cluster gets an endpoint and an authority. */
  async toAws(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' && !/^(host|connection|content-length)$/.test(name) ? [[name, value]] : [],
    );
    const body = await buffer(request);
    const answer = await fetch(`${this.#options.aws}${url}`, {
      method,
      headers,
      ...(body.length > 0 ? { body } : {}),
    });
    const text = await answer.text();
    const isCluster = method === 'GET' && url.split('?')[0] === `/clusters/${this.#options.cluster}`;
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(isCluster && answer.ok ? this.#described(text) : text);
  }

  #described(text: string): string {
    const { cluster } = JSON.parse(text) as { cluster: Record<string, unknown> };
    const certificateAuthority = { data: Buffer.from(this.authority).toString('base64') };
    return JSON.stringify({ cluster: { ...cluster, endpoint: this.#url, certificateAuthority } });
  }

  /** Lets callers with an access entry through to the API: as administrators, or with no rights at all. */
  async toKubernetes(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const caller = callerOf(request.headers.authorization ?? '', this.#options);
    const access = caller && (await this.#access(caller));
    if (caller === undefined || access === undefined) {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', status: 'Failure', message: 'Unauthorized', code: 401 }));
      return;
    }
    const { method = 'GET', url: path = '/' } = request;
    this.entered.push({ arn: caller.arn, method, path });
    const entrance = kubeconfigEntrance(this.#options.kubeconfig);
    const { authorization: _, host: __, ...headers } = request.headers;
    const as = {
      'impersonate-user': caller.arn,
      ...(access === 'admin' ? { 'impersonate-group': 'system:masters' } : {}),
    };
    const { token: ___, ...tls } = await entrance.credentials();
    const onward = httpsRequest(`${entrance.url}${path}`, { ...tls, method, headers: { ...headers, ...as } });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }

  async #access({ arn }: Caller): Promise<'admin' | 'none' | undefined> {
    const clusterName = this.#options.cluster;
    const { accessEntries = [] } = await this.#eks.send(new ListAccessEntriesCommand({ clusterName }));
    const principalArn = accessEntries.find((entry) => isPrincipal(arn, entry));
    if (principalArn === undefined || this.notYet-- > 0) return undefined;
    const policies = await this.#eks.send(
      new ListAssociatedAccessPoliciesCommand({ clusterName, principalArn }),
    );
    const isAdmin = policies.associatedAccessPolicies?.some(
      ({ policyArn, accessScope }) => adminPolicy.test(policyArn ?? '') && accessScope?.type === 'cluster',
    );
    return isAdmin ? 'admin' : 'none';
  }
}

/** A session belongs to its role, whose path it does not tell. */
function isPrincipal(arn: string, entry: string): boolean {
  const session = /^arn:([a-z-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  if (!session) return arn === entry;
  const role = /^arn:([a-z-]+):iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(entry);
  return [1, 2, 3].every((part) => session[part] === role?.[part]);
}

/** Who signed the question in the token; undefined for a token that the authenticator would refuse. */
function callerOf(
  authorization: string,
  { callers, cluster }: Pick<EksFrontOptions, 'callers' | 'cluster'>,
): Caller | undefined {
  const coded = /^Bearer k8s-aws-v1\.([\w-]+)$/.exec(authorization)?.[1];
  const link = coded === undefined ? undefined : URL.parse(Buffer.from(coded, 'base64url').toString());
  if (link?.protocol !== 'https:' || link.host !== `sts.${region}.amazonaws.com` || link.pathname !== '/')
    return undefined;
  const query = link.searchParams;
  const signedAt = Date.parse(
    (query.get('X-Amz-Date') ?? '').replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      '$1-$2-$3T$4:$5:$6Z',
    ),
  );
  const fresh = Math.abs(Date.now() - signedAt) < 15 * 60_000 && Number(query.get('X-Amz-Expires')) <= 900;
  const caller = callers.find(
    ({ accessKeyId }) => query.get('X-Amz-Credential')?.startsWith(`${accessKeyId}/`) === true,
  );
  if (!fresh || caller === undefined || query.get('Action') !== 'GetCallerIdentity') return undefined;
  return signatureOf(link, caller, cluster) === query.get('X-Amz-Signature') ? caller : undefined;
}

/** Signature version 4 of a link, as STS computes it, for a cluster whose name stands in a signed header. */
function signatureOf(link: URL, { secretAccessKey }: Caller, cluster: string): string {
  const query = [...link.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map((pair) => pair.map(encodeStrictly).join('='))
    .sort()
    .join('&');
  const headers = `host:${link.host}\nx-k8s-aws-id:${cluster}\n`;
  const empty = createHash('sha256').digest('hex');
  const request = ['GET', '/', query, headers, 'host;x-k8s-aws-id', empty].join('\n');
  const time = link.searchParams.get('X-Amz-Date') ?? '';
  const scope = [time.slice(0, 8), region, 'sts', 'aws4_request'];
  const key = scope.reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  const hashed = createHash('sha256').update(request).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), hashed].join('\n');
  return createHmac('sha256', key).update(toSign).digest('hex');
}

function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.codePointAt(0)!.toString(16).toUpperCase()}`,
  );
}
