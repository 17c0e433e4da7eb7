import { ZonebridgeError } from '../core/errors.ts';
import type { Caller } from '../core/ports.ts';

/** Throws `account/not-signed-in` unless AWS says that we are somebody of this account. */
export async function signedInTo({ caller }: { caller: Caller }, account: string): Promise<void> {
  const principal = await caller.principal();
  const found = /^arn:[a-z-]+:(?:iam|sts)::(\d{12}):/.exec(principal ?? '')?.[1];
  if (found === account) return;
  const seen =
    found === undefined
      ? 'nobody is signed in to AWS, or STS did not answer'
      : `${principal} is signed in, of account ${found}`;
  throw new ZonebridgeError('account/not-signed-in', `account ${account} is to be deployed, but ${seen}`, {
    fields: { account, ...(found === undefined ? {} : { signedIn: found }) },
  });
}
