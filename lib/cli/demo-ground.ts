import type { GivenGround } from '../sandbox/given/ground.ts';
import type { Ground } from '../sandbox/demo/demo.ts';
import type { ApiKind } from '../sandbox/kubernetes/choose.ts';
import { ZonebridgeError } from '../core/errors.ts';
import type { Cli } from './cli.ts';
import { confirm } from './confirm.ts';

/** On what the demo is played. */
export interface GroundFlags {
  kubernetes?: ApiKind;
  kubeconfig?: string;
  context?: string;
  image?: string;
  yes?: boolean;
}

/**
 * A cluster of the demo's own, or the one of a kubeconfig: then it is said what will happen there, and asked. Undefined when the person
 * says no. Nothing was started or changed by then.
 */
export async function chooseGround(cli: Cli, flags: GroundFlags): Promise<Ground | undefined> {
  const { kubeconfig, kubernetes } = flags;
  if (kubeconfig !== undefined) return givenGround(cli, { ...flags, kubeconfig });
  for (const name of ['context', 'image', 'yes'] as const)
    if (flags[name] !== undefined)
      throw new ZonebridgeError('command/usage', `--${name} goes with --kubeconfig`);
  const { defaultApi } = await import('../sandbox/kubernetes/choose.ts');
  const api = kubernetes ?? (await defaultApi());
  cli.output.note(ownLine(api, kubernetes !== undefined));
  return { api };
}

function ownLine(kubernetes: ApiKind, isAsked: boolean): string {
  if (kubernetes === 'real') return 'Kubernetes: a real API (kube-apiserver)';
  const why = isAsked ? '' : '; it was not built here, `--kubernetes real` does that';
  return `Kubernetes: the simulated API${why}`;
}

async function givenGround(
  cli: Cli,
  flags: GroundFlags & { kubeconfig: string },
): Promise<GivenGround | undefined> {
  const { context, kubernetes, yes } = flags;
  if (kubernetes !== undefined)
    throw new ZonebridgeError('command/usage', 'name a cluster by --kubeconfig, or an API by --kubernetes');
  const { lookAtGiven } = await import('../sandbox/given/ground.ts');
  const { demoImage } = await import('../sandbox/given/given-shop.ts');
  const kubeconfig = cli.path(flags.kubeconfig);
  const ground = await lookAtGiven({ kubeconfig, context, image: flags.image ?? demoImage });
  tell(cli, ground);
  const question = `Play the demo in the cluster at ${ground.reached.entrance.url}?`;
  if (await confirm(cli, cli.output.safe(question), yes)) return ground;
  cli.output.line('Nothing was started, and nothing was changed in the cluster.');
  return undefined;
}

function tell({ output }: Cli, { image, leftOvers, namespace, reached }: GivenGround): void {
  const { context, entrance, kubeconfig } = reached;
  const named = context === undefined ? 'its current context' : `context ${context}`;
  const { name } = namespace;
  const lines = [
    `Kubernetes: the cluster at ${entrance.url} (${kubeconfig}, ${named})`,
    'In this cluster the demo',
    `  makes the namespace ${name}, and in it one Deployment of 1 to 4 pods that do nothing (image ${image})`,
    '  scales it, changes a label of one of its pods, and deletes two of its pods',
    `  takes the namespace away at the end, also after Ctrl-C and after an error`,
    '  reads all pods, nodes and namespaces (names, labels, addresses); they stay on this machine',
    'It touches nothing else there. AWS is an emulator and the firewalls are simulated, on this machine.',
    'Left out here, because it needs the nodes: a cordoned and drained node, a rolling update away from a node, an address that is used again.',
    ...leftOvers.map(
      (other) => `A namespace of another demo is there: ${other}. If nobody plays it now, delete it.`,
    ),
  ];
  for (const line of lines) output.line(output.safe(line));
}
