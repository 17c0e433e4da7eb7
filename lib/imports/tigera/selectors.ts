import { ZonebridgeError } from '../../core/errors.ts';
import { quoted } from '../../core/model/quoted.ts';
import { combination, mentionsGlobal, type Node } from '../../core/model/selector/ast.ts';
import { compileSelector } from '../../core/model/selector/index.ts';
import { parseSelector } from '../../core/model/selector/parse.ts';
import { printSelector } from '../../core/model/selector/print.ts';

const accountName = 'projectcalico.org/name';
const accountOfPod = 'projectcalico.org/serviceaccount';
/** Labels by which Calico knows those of a pod's namespace and service account inside; nobody else does. */
const inner = ['pcns.', 'pcsa.'];

/**
 * One selector over the labels of pods for the pods that both select: by their own labels, and by those of their service account. Of a
 * service account we know the name alone. Throws `selector/invalid`, also for what we could only approximate.
 */
export function combinedSelector(pods: string, accounts: string): string {
  const own = parseSelector(pods.trim());
  const hidden = labelsOf(own).find((label) => inner.some((prefix) => label.startsWith(prefix)));
  if (hidden !== undefined) throw refuse(`the label ${quoted(hidden)} is one of Calico's inside`);
  const account = parseSelector(accounts.trim());
  const label = labelsOf(account).find((one) => one !== accountName);
  if (label !== undefined)
    throw refuse(
      `it asks for the label ${quoted(label)} of service accounts, of which we know the name alone`,
    );
  if (mentionsGlobal(own) || mentionsGlobal(account)) throw refuse('global() stands for no pods');
  if (account.is === 'all') return checked(pods.trim() === '' ? 'all()' : pods.trim());
  const both = own.is === 'all' ? [] : [own];
  return checked(printSelector(combination('and', [...both, renamed(account)])));
}

/** What is written must be read again: a combination may be longer than a selector may be. */
function checked(text: string): string {
  compileSelector(text);
  return text;
}

function labelsOf(node: Node): string[] {
  if ('label' in node) return [node.label];
  if (node.is === 'not') return labelsOf(node.operand);
  return 'operands' in node ? node.operands.flatMap(labelsOf) : [];
}

/** Every pod has a service account, so that what is said of its name can be said of the pod's label. */
function renamed(node: Node): Node {
  if ('label' in node) return { ...node, label: accountOfPod };
  if (node.is === 'not') return { ...node, operand: renamed(node.operand) };
  return 'operands' in node ? { ...node, operands: node.operands.map(renamed) } : node;
}

function refuse(message: string): ZonebridgeError {
  return new ZonebridgeError('selector/invalid', message);
}
