/** Who acts. */
export interface Person {
  /** For people and records. */
  name: string;
  /** ARN as AWS knows the caller (STS GetCallerIdentity); undefined when it could not be asked. */
  principal: string | undefined;
}

/** A name that somebody typed, or a machine or pipeline says: in records nobody may look like somebody whom AWS knows. */
export function unconfirmed(name: string): string {
  return `${name} (not confirmed by AWS)`;
}

/** Role names that IAM Identity Center makes; a person gets one per permission set, with the user's name as the session's. */
const identityCenterRole = /^AWSReservedSSO_/;

/**
 * What tells one person from another. The name of a session is free text of whoever assumes a role, so a role counts as one
 * person; only IAM Identity Center sets the session's name itself, and there the name counts, whichever permission set is used.
 */
function personKey(principal: string): string {
  const assumed = /^arn:([a-z-]+):sts::(\d{12}):assumed-role\/([^/]+)\/(.+)$/.exec(principal);
  if (!assumed) {
    // The ARN of a role itself has its path, the one of a session has not.
    const role = /^arn:([a-z-]+):iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(principal);
    return role ? `role|${role[2]}|${role[3]}` : principal;
  }
  const [, , account = '', role = '', session = ''] = assumed;
  return identityCenterRole.test(role) ? `identity-center|${session}` : `role|${account}|${role}`;
}

/** Of GetFederationToken: an IAM user takes such a session under any name (AWS STS, API reference). */
const federatedUser = /^arn:[a-z-]+:sts::\d{12}:federated-user\//;

/** Whether AWS says who it is, and not only what somebody called himself. */
export function isSomebody(principal: string | undefined): boolean {
  return principal !== undefined && !federatedUser.test(principal);
}

/** True also when one of the two is not known: then nothing shows that they are two. */
export function maybeSamePerson(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return true;
  return !isSomebody(one) || !isSomebody(other) || personKey(one) === personKey(other);
}
