import type { STSClient } from '@aws-sdk/client-sts';
import { KmsSigner } from '../../lib/aws/kms-signer.ts';

/** Calls of KMS that only tests make, by the way of the signer. */
export function asKms(client: STSClient, endpoint: string) {
  const signer = new KmsSigner({ client, key: 'none', endpoint });
  return async (operation: string, body: object): Promise<unknown> => signer.call(operation, body);
}
