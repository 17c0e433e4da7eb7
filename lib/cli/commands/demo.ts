import { Command, Option } from 'commander';
import type { ApiKind } from '../../sandbox/kubernetes/choose.ts';
import type { DemoResult } from '../../sandbox/demo/demo.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Step } from '../../sandbox/demo/stage.ts';
import { type Cli, examples } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';

export function demoCommand(cli: Cli): Command {
  return new Command('demo')
    .summary('the main job on this machine alone')
    .description(
      'Starts a Kubernetes API, an AWS emulator with the deployed stacks and two simulated FortiGates, plays a storefront,\n' +
        'and shows when each change was on the firewall. Stays up on a terminal until Ctrl-C. Needs Python 3.11.\n' +
        'The Kubernetes API is the real one where it was built before (with Go, some minutes), otherwise a simulated one.',
    )
    .addOption(
      new Option('--kubernetes <which>', 'which Kubernetes API; real builds it when needed').choices([
        'real',
        'simulator',
      ]),
    )
    .option('--once', 'end after the last step')
    .addHelpText(
      'after',
      examples(
        ['zonebridge demo', 'play, then look around'],
        [
          'zonebridge demo --once --json',
          'for scripts: one JSON object last, exit code 1 when a step failed',
        ],
        ['zonebridge demo --kubernetes real', 'with a real Kubernetes API, built first when needed'],
      ),
    )
    .action((options: DemoFlags) => demo(cli, options));
}

interface DemoFlags {
  once?: boolean;
  kubernetes?: ApiKind;
}

async function demo(cli: Cli, options: DemoFlags): Promise<void> {
  const { playDemo, demoSandbox } = await import('../../sandbox/demo/demo.ts');
  const { claimFolder } = await import('../../sandbox/demo/claim-folder.ts');
  const begin = performance.now();
  const directory = cli.path('.cache/demo');
  const progress = (line: string): void =>
    cli.output.note(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const { defaultApi } = await import('../../sandbox/kubernetes/choose.ts');
  const kubernetes = options.kubernetes ?? (await defaultApi());
  progress(kubernetesLine(kubernetes, options.kubernetes !== undefined));
  const settings = { directory, kubernetes, progress, onStep: (step: Step) => showStep(cli, step) };
  const interrupted = untilInterrupted();
  const release = await claimFolder(directory);
  const sandbox = demoSandbox(settings);
  try {
    const result = await Promise.race([playDemo(sandbox, settings), interrupted]);
    if (result === 'interrupted') {
      cli.exitCode = exitCodes.failed;
      return;
    }
    showResult(cli, result);
    if (!result.ok) cli.exitCode = exitCodes.failed;
    const stays = !options.once && !cli.output.json && cli.io.stdout.isTTY === true;
    if (stays) {
      showWayIn(cli, sandbox);
      cli.output.line('\nEverything stays up. Ctrl-C ends it.');
      await interrupted;
    }
    cli.output.result(result);
  } finally {
    progress('stopping everything');
    await sandbox.stop();
    await release();
  }
}

function kubernetesLine(kubernetes: ApiKind, isAsked: boolean): string {
  if (kubernetes === 'real') return 'Kubernetes: a real API (kube-apiserver)';
  const why = isAsked ? '' : '; it was not built here, `--kubernetes real` does that';
  return `Kubernetes: the simulated API${why}`;
}

/** Later signals do nothing: npm and the launcher send that of a terminal once more, and that would leave what was started behind. */
function untilInterrupted(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => resolve('interrupted'));
  });
}

function showStep(cli: Cli, step: Step): void {
  const { colors } = cli.output;
  const mark = step.ok ? colors.green('ok    ') : colors.red('FAILED');
  const time = step.latencyMs === undefined ? '' : `${step.latencyMs} ms`;
  cli.output.line(`${mark} ${step.name.padEnd(20)} ${time.padStart(8)}  ${cli.output.safe(step.what)}`);
}

function showResult(cli: Cli, result: DemoResult): void {
  const { output } = cli;
  const { propagation, firewallCallsPerChange: calls } = result;
  output.line();
  output.table({
    head: ['step', 'result', 'from the change to the firewall'],
    rows: result.steps.map(({ name, ok, latencyMs }) => [
      name,
      ok ? 'ok' : 'FAILED',
      latencyMs === undefined ? '-' : `${latencyMs} ms`,
    ]),
  });
  output.line(
    `\nPropagation of ${propagation.count} changes: p50 ${propagation.p50Ms} ms, p99 ${propagation.p99Ms} ms`,
  );
  output.line(
    `Firewall calls per membership change, all included: push ${calls.push}, objects ${calls.objects}`,
  );
}

function showWayIn({ output }: Cli, sandbox: Sandbox): void {
  const variables = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  const settings = variables.map((name) => `${name}=${sandbox.environment[name] ?? ''}`).join(' ');
  output.line('\nLook around from another terminal:');
  output.line(`  export ${settings}`);
  for (const command of ['status', 'groups', 'explain storefront', 'plan']) {
    output.line(`  npx zonebridge ${command} --config ${sandbox.configurationPath}`);
  }
  output.line(`  export KUBECONFIG=${sandbox.kubeconfig}`);
  output.line('\nEdit a firewall as its administrator would, then `npx zonebridge reconcile <firewall>`:');
  for (const [id, { simulator }] of Object.entries(sandbox.firewalls)) {
    const { caFile, token, url } = simulator;
    output.line(
      `  ${id}: curl --cacert ${caFile} -H "Authorization: Bearer ${token}" ${url}/api/v2/cmdb/firewall/addrgrp`,
    );
  }
}
