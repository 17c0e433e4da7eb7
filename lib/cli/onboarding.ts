import type { Command } from 'commander';
import { recordAction } from '../app/audit/actions.ts';
import { imageForm, imageRule } from '../app/configuration/image-form.ts';
import { notReady } from '../app/onboarding/preview.ts';
import { clusterOf, type Wanted, wantedFor } from '../app/onboarding/wanted.ts';
import { ZonebridgeError } from '../core/errors.ts';
import type { Obstacle } from '../core/onboarding/examine.ts';
import type { Installer } from '../core/onboarding/ports.ts';
import type { Signer } from '../core/way-back/ports.ts';
import type { HubConfiguration } from '../app/configuration/model.ts';
import type { Cli } from './cli.ts';
import { acting, type HubSession } from './hub.ts';

/** How a cluster is reached; the same for `onboard` and `offboard`. */
export interface ClusterOptions {
  image?: string;
  metrics?: boolean;
  kubeconfig?: string;
  context?: string;
  assume?: string;
}

export function clusterOptions(command: Command, { image }: { image: boolean }): Command {
  if (image)
    command
      .option('--image <reference>', 'image of the agent; onboarding.image of the configuration unless given')
      .option('--metrics', 'let Prometheus read the metrics of the agent');
  return command
    .option('--kubeconfig <file>', 'go into the cluster by this instead of EKS access entries')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--assume <role>', 'ARN of a role in the account of the cluster');
}

/** The cluster and the way to it. Throws `cluster/not-configured`, or `command/usage` without an image. */
export async function openCluster(
  cli: Cli,
  { configuration }: HubSession,
  options: ClusterOptions & { cluster: string; removing?: boolean },
): Promise<{ installer: Installer; wanted: Wanted }> {
  const { key, cluster } = clusterOf(configuration, options.cluster);
  const { kubeconfig, context, assume, metrics } = options;
  const image = options.image ?? configuration.hub.onboarding?.image;
  if (image === undefined && !options.removing)
    throw new ZonebridgeError(
      'command/usage',
      'name the image of the agent by --image, or once as hub.onboarding.image in the configuration',
    );
  const wanted = wantedFor(configuration, key, {
    image: image ?? 'none',
    metrics,
    publicKeys:
      cluster.writes && !options.removing
        ? await (await signerOf(cli, configuration.hub)).publicKeys()
        : undefined,
  });
  if (image !== undefined && !imageForm.test(image))
    throw new ZonebridgeError('command/usage', `${image}: ${imageRule}`);
  const entrance = kubeconfig === undefined ? undefined : await entranceBy(cli.path(kubeconfig), context);
  const way = { region: cluster.region, assume, entrance };
  if (cli.io.installer) return { installer: cli.io.installer(way), wanted };
  // Loaded here, so that `--help` does not wait for clients of AWS.
  const { composeInstaller } = await import('../app/compose-installer.ts');
  return { installer: composeInstaller(way), wanted };
}

/** Asked of KMS itself: a key from anywhere else could be anybody's. */
async function signerOf({ io }: Cli, hub: HubConfiguration): Promise<Signer> {
  if (io.signer) return io.signer;
  const { composeSigner } = await import('../app/compose-signer.ts');
  return composeSigner(hub, hub.region);
}

async function entranceBy(path: string, context: string | undefined) {
  const { kubeconfigEntrance } = await import('../app/compose-kubeconfig.ts');
  return kubeconfigEntrance(path, context);
}

/** Shows everything in the way, each with what to do, and gives the refusal to throw. */
export function refusal({ output }: Cli, { key }: Wanted, obstacles: readonly Obstacle[]): ZonebridgeError {
  for (const { seen, remedy } of obstacles) {
    output.line(`  ${output.colors.red('in the way')}: ${output.safe(seen)}`);
    output.line(`    ${output.safe(remedy)}`);
  }
  return notReady(key, obstacles);
}

/** Writes down who does it, before it is done. */
export async function noteAction(
  cli: Cli,
  hub: HubSession,
  { what, wanted, ticket }: { what: 'onboard' | 'offboard'; wanted: Wanted; ticket?: string | undefined },
): Promise<void> {
  const { name: by } = await acting(cli, hub);
  await recordAction(hub.ports, { what, by, ticket, details: { cluster: wanted.key, id: wanted.id } });
}
