import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { sandboxAccount, sandboxRegion } from '../../../lib/sandbox/configuration.ts';
import { awsCall } from './aws-call.ts';
import type { Taken } from './enforced.ts';

export interface Statement {
  Sid?: string;
  [field: string]: unknown;
}

export interface Policy {
  Version: string;
  Statement: Statement[];
}

/** Roles of the emulated account, as its administrator sees them. */
export class Roles {
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** A role that this test may take, with these rights and no others. */
  async create(name: string, rights: Policy): Promise<void> {
    await this.#call({ Action: 'CreateRole', RoleName: name, AssumeRolePolicyDocument: trustUs });
    await this.setPolicy(name, rights);
  }

  /** Lets this test take a role that is made for somebody else. */
  async letUsTake(name: string): Promise<void> {
    await this.#call({ Action: 'UpdateAssumeRolePolicy', RoleName: name, PolicyDocument: trustUs });
  }

  async policy(name: string): Promise<Policy> {
    const text = await this.#call({ Action: 'GetRolePolicy', RoleName: name, PolicyName: policyName });
    const document = /<PolicyDocument>([^<]*)<\/PolicyDocument>/.exec(text)?.[1] ?? '';
    return JSON.parse(decodeURIComponent(document)) as Policy;
  }

  async setPolicy(name: string, policy: Policy): Promise<void> {
    const PolicyDocument = JSON.stringify(policy);
    await this.#call({ Action: 'PutRolePolicy', RoleName: name, PolicyName: policyName, PolicyDocument });
  }

  /** For CloudFormation a reference to a secret is its ARN; the emulator puts its name, which no request bears. Mends one statement of a policy. */
  async nameSecrets(role: string, sid: string): Promise<void> {
    const policy = await this.policy(role);
    const start = `arn:aws:secretsmanager:${sandboxRegion}:${sandboxAccount}:secret:`;
    const Statement = policy.Statement.map((statement) => {
      if (statement.Sid !== sid) return statement;
      const secrets = [statement['Resource']].flat().map(String);
      return { ...statement, Resource: secrets.map((name) => `${start}${name}-??????`) };
    });
    await this.setPolicy(role, { ...policy, Statement });
  }

  async take(name: string): Promise<Taken> {
    const client = new STSClient({});
    const RoleArn = `arn:aws:iam::${sandboxAccount}:role/${name}`;
    const { Credentials } = await client.send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: 'enforced-test' }),
    );
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  }

  #call(parameters: Record<string, string>): Promise<string> {
    const body = new URLSearchParams({ Version: '2010-05-08', ...parameters }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return awsCall({ endpoint: this.#endpoint, service: 'iam', method: 'POST', path: '/', body, headers });
  }
}

/** The name that the stacks give the inline policy of every role. */
const policyName = 'exactly';

const trustUs = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${sandboxAccount}:root` },
      Action: 'sts:AssumeRole',
    },
  ],
});
