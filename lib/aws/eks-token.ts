import type { STSClient } from '@aws-sdk/client-sts';

/** Seconds for which the link in a token may be used (AWS IAM Authenticator); the token itself counts for 15 minutes. */
const linkSeconds = 60;
/** The authenticator's own client takes a token for 14 minutes; we stop well before. */
const keepMs = 10 * 60_000;

interface Presigned {
  protocol: string;
  hostname: string;
  path: string;
  query?: Record<string, string | string[] | null>;
}
/** What the signer of a client also can; the SDK's type tells of `sign` alone. */
interface Presigner {
  presign(
    request: object,
    options: { expiresIn: number; unhoistableHeaders: Set<string> },
  ): Promise<Presigned>;
}

/** Bearer tokens of the Kubernetes API of one EKS cluster, renewed before they end. */
export class EksTokens {
  readonly #client: STSClient;
  readonly #cluster: string;
  readonly #now: () => number;
  #kept: { token: string; until: number } | undefined;

  constructor(client: STSClient, cluster: string, now: () => number) {
    this.#client = client;
    this.#cluster = cluster;
    this.#now = now;
  }

  /** A token that is good for at least four minutes. */
  async token(): Promise<string> {
    if (this.#kept === undefined || this.#kept.until <= this.#now())
      this.#kept = { token: await this.#fresh(), until: this.#now() + keepMs };
    return this.#kept.token;
  }

  /** A link to GetCallerIdentity that only counts for this cluster, because its name is signed with it. */
  async #fresh(): Promise<string> {
    const region = await this.#client.config.region();
    const signer = (await this.#client.config.signer()) as unknown as Presigner;
    const hostname = `sts.${region}.${domainOf(region)}`;
    const signed = await signer.presign(
      {
        method: 'GET',
        protocol: 'https:',
        hostname,
        path: '/',
        headers: { host: hostname, 'x-k8s-aws-id': this.#cluster },
        query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      },
      // Otherwise headers that begin with x- would move into the query, where the authenticator does not look for them.
      { expiresIn: linkSeconds, unhoistableHeaders: new Set(['x-k8s-aws-id']) },
    );
    const query = new URLSearchParams(
      Object.entries(signed.query ?? {}).flatMap(([name, value]) =>
        value === null ? [] : [value].flat().map((one): [string, string] => [name, one]),
      ),
    );
    const link = `https://${hostname}/?${query.toString()}`;
    return `k8s-aws-v1.${Buffer.from(link).toString('base64url')}`;
  }
}

function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}
