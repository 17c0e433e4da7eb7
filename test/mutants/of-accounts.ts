import type { Mutant } from './mutant.ts';

const deploy = 'test/app/deploy.test.ts';
const accounts = 'lib/app/configuration/accounts.test.ts';

/** What is made in other accounts, and by whom. */
export const ofAccounts: readonly Mutant[] = [
  {
    name: 'deployed-into-another-account',
    breaks: 'whoever is signed in anywhere may deploy an account',
    file: 'lib/cli/signed-in.ts',
    edits: [['found === account', 'found !== undefined']],
    killers: [deploy],
  },
  {
    name: 'member-gets-the-hub',
    breaks: 'what is deployed into another account is the hub',
    file: 'lib/cli/commands/deploy.ts',
    edits: [['account=${account}', 'account=${account.slice(12)}']],
    killers: [deploy],
  },
  {
    name: 'own-read-role-replaced',
    breaks: 'the role that the operator made for looking is not taken',
    file: 'lib/app/configuration/role-arns.ts',
    edits: [['place.readRole ?? roleArn(', 'roleArn(']],
    killers: [accounts],
  },
  {
    name: 'role-for-oidc-cluster',
    breaks: 'a role is made in the account of a cluster that comes by its OIDC provider',
    file: 'lib/app/configuration/accounts.ts',
    edits: [['cluster.oidcProvider === undefined ? cluster : undefined', 'cluster']],
    killers: [accounts],
  },
];
