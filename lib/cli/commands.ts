import type { CliCommand } from './cli.ts';
import { applyCommand } from './commands/apply.ts';
import { approveCommand } from './commands/approve.ts';
import { canaryCommand } from './commands/canary.ts';
import { checkCommand } from './commands/check.ts';
import { demoCommand } from './commands/demo.ts';
import { deployCommand } from './commands/deploy.ts';
import { destroyCommand } from './commands/destroy.ts';
import { egressPolicyCommand } from './commands/egress-policy.ts';
import { explainCommand } from './commands/explain.ts';
import { groupsCommand } from './commands/groups.ts';
import { historyCommand } from './commands/history.ts';
import { importCommand } from './commands/import.ts';
import { initCommand } from './commands/init.ts';
import { offboardCommand } from './commands/offboard.ts';
import { onboardCommand } from './commands/onboard.ts';
import { pauseCommand } from './commands/pause.ts';
import { planCommand } from './commands/plan.ts';
import { qualifyCommand } from './commands/qualify.ts';
import { quarantineCommand } from './commands/quarantine.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { rejectCommand } from './commands/reject.ts';
import { restoreCommand } from './commands/restore.ts';
import { resumeCommand } from './commands/resume.ts';
import { retireCommand } from './commands/retire.ts';
import { schemaCommand } from './commands/schema.ts';
import { secretCommand } from './commands/secret.ts';
import { selectorCommand } from './commands/selector.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { validateCommand } from './commands/validate.ts';

/** All commands, in the order of the help. One more: one file in commands/ and one line here. */
export const commands: readonly CliCommand[] = [
  initCommand,
  importCommand,
  validateCommand,
  planCommand,
  applyCommand,
  canaryCommand,
  deployCommand,
  onboardCommand,
  secretCommand,
  checkCommand,
  qualifyCommand,
  statusCommand,
  groupsCommand,
  explainCommand,
  egressPolicyCommand,
  historyCommand,
  approveCommand,
  rejectCommand,
  quarantineCommand,
  pauseCommand,
  resumeCommand,
  restoreCommand,
  reconcileCommand,
  offboardCommand,
  retireCommand,
  destroyCommand,
  selectorCommand,
  simulateCommand,
  schemaCommand,
  demoCommand,
];
