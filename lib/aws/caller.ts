import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import type { Caller } from '../core/ports.ts';

/** Asks STS, which answers every valid identity without any right. */
export class StsCaller implements Caller {
  readonly #client: STSClient;

  constructor(client: STSClient) {
    this.#client = client;
  }

  async principal(): Promise<string | undefined> {
    try {
      const { Arn } = await this.#client.send(new GetCallerIdentityCommand({}));
      return Arn;
    } catch {
      // Nobody is somebody because a service did not answer: whoever needs the name refuses.
      return undefined;
    }
  }
}
