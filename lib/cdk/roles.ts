import { type IPrincipal, ManagedPolicy, PolicyDocument, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { type Acknowledgement, acknowledge } from './acknowledge.ts';
import type { Surroundings } from './settings.ts';

/** What a role may do: one line of its policy. */
export interface Right {
  sid: string;
  actions: readonly string[];
  resources: readonly string[];
  effect?: 'Allow' | 'Deny';
  conditions?: Record<string, Record<string, string | string[]>>;
  /** Why the resources hold a wildcard, when they do. */
  wildcard?: string;
}

export interface RoleRequest {
  surroundings: Pick<Surroundings, 'hub'>;
  assumedBy: IPrincipal;
  description: string;
  rights: readonly Right[];
  roleName?: string;
}

/** The only way a role is made: the hub's path and permissions boundary, and exactly the rights that are listed. */
export function exactRole(scope: Construct, id: string, request: RoleRequest): Role {
  const { hub } = request.surroundings;
  const role = new Role(scope, id, {
    assumedBy: request.assumedBy,
    description: request.description,
    inlinePolicies: {
      exactly: new PolicyDocument({ statements: request.rights.map(toStatement), minimize: false }),
    },
    ...(request.roleName === undefined ? {} : { roleName: request.roleName }),
    ...(hub.rolePath === undefined ? {} : { path: hub.rolePath }),
    ...(hub.permissionsBoundaryArn === undefined
      ? {}
      : {
          permissionsBoundary: ManagedPolicy.fromManagedPolicyArn(
            scope,
            `${id}Boundary`,
            hub.permissionsBoundaryArn,
          ),
        }),
  });
  acknowledge(role, ...request.rights.flatMap(wildcards));
  return role;
}

function toStatement(right: Right): PolicyStatement {
  return PolicyStatement.fromJson({
    Sid: right.sid,
    Effect: right.effect ?? 'Allow',
    Action: [...right.actions],
    Resource: [...right.resources],
    ...(right.conditions === undefined ? {} : { Condition: right.conditions }),
  });
}

function wildcards(right: Right): Acknowledgement[] {
  const { wildcard } = right;
  if (wildcard === undefined) return [];
  return right.resources
    .filter((resource) => resource.includes('*'))
    .map((resource) => ({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason: wildcard }));
}
