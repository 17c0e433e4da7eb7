import { type IStackSynthesizer, LegacyStackSynthesizer, Stack, Tags } from 'aws-cdk-lib';
import { AccountPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { MemberAccount } from '../../app/configuration/accounts.ts';
import type { ClusterConfiguration, HubConfiguration } from '../../app/configuration/model.ts';
import { names } from '../../app/names.ts';
import { lookerRole, roleArn } from '../../app/configuration/role-arns.ts';
import { podIdentity } from '../agent-trust.ts';
import { lookedAtRight } from '../looking.ts';
import { exactRole } from '../roles.ts';

/**
 * What an account beside that of the hub needs: roles, and nothing that runs. Each bears the name and path of its counterpart in the hub's
 * account. Trust goes by conditions on ARNs, not by principals that have to exist, so the order of the deployments does not matter.
 */
export class AccountStack extends Stack {
  readonly #hub: HubConfiguration;

  constructor(scope: Construct, hub: HubConfiguration, member: MemberAccount) {
    const { account, region } = member;
    const stackName = names.accountStack(hub.name, account);
    super(scope, stackName, {
      stackName,
      description: `Zonebridge hub ${hub.name}: what account ${account} needs`,
      env: { account, region },
      // Holds no assets: goes with the rights of whoever deploys, so the account needs no bootstrap, which makes an administrator's role.
      // The types of the library disagree about an optional property, under the strictest rules alone.
      synthesizer: new LegacyStackSynthesizer() as IStackSynthesizer,
    });
    this.#hub = hub;
    Tags.of(this).add('zonebridge:hub', hub.name);
    for (const [key, cluster] of Object.entries(member.agents)) this.#sourceRole(key, cluster);
    for (const look of member.looks) this.#readRole(look);
  }

  /** The role that EKS gives the agent of a cluster; all it may do is take the agent's role of the hub. */
  #sourceRole(key: string, cluster: ClusterConfiguration): void {
    const hub = this.#hub;
    const roleName = names.agentRole(hub.name, key);
    exactRole(this, `Agent-${key}-Role`, {
      surroundings: this.#surroundings(),
      roleName,
      assumedBy: podIdentity(this, cluster),
      description: `Way of the Zonebridge agent in cluster ${key} to hub ${hub.name}`,
      rights: [
        {
          sid: 'BecomesTheAgentOfTheHub',
          actions: ['sts:AssumeRole', 'sts:TagSession'],
          resources: [roleArn(hub, hub, roleName)],
        },
      ],
    });
  }

  /** The role by which one function of the hub looks at EC2 here. The function gives no external id: its own role is named. */
  #readRole({ looker, regions }: MemberAccount['looks'][number]): void {
    const hub = this.#hub;
    const roleName = lookerRole(hub.name, looker);
    exactRole(this, `Looks-${looker}-Role`, {
      surroundings: this.#surroundings(),
      roleName,
      assumedBy: new AccountPrincipal(hub.account).withConditions({
        ArnEquals: { 'aws:PrincipalArn': roleArn(hub, hub, roleName) },
      }),
      description: `How ${roleName} of Zonebridge hub ${hub.name} looks at EC2 here`,
      rights: [lookedAtRight(looker, regions)],
    });
  }

  /** A permissions boundary has to lie in the account of the role: the one of the same name and path here. */
  #surroundings(): { hub: HubConfiguration } {
    const permissionsBoundaryArn = this.#hub.permissionsBoundaryArn?.replace(
      `:iam::${this.#hub.account}:`,
      `:iam::${this.account}:`,
    );
    return { hub: { ...this.#hub, permissionsBoundaryArn } };
  }
}
