import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sandboxAccount, sandboxHub, sandboxRegion } from '../../../lib/sandbox/configuration.ts';
import type { HubRig } from './hub-rig.ts';
import type { Policy, Roles } from './roles.ts';

const project = join(import.meta.dirname, '..', '..', '..');

/** Somebody at the command line with exactly the policy that docs/deploy.md gives to whoever runs the commands. */
export class Operator {
  readonly #rig: HubRig;
  readonly #environment: Record<string, string>;

  private constructor(rig: HubRig, environment: Record<string, string>) {
    this.#rig = rig;
    this.#environment = environment;
  }

  /** `bucket`: of the lists that the configuration has. */
  static async create(rig: HubRig, roles: Roles, bucket = 'no-lists'): Promise<Operator> {
    await roles.create('operator', await documentedPolicy(bucket));
    const taken = await roles.take('operator');
    return new Operator(rig, {
      ...rig.environment,
      AWS_ACCESS_KEY_ID: taken.accessKeyId,
      AWS_SECRET_ACCESS_KEY: taken.secretAccessKey,
      AWS_SESSION_TOKEN: taken.sessionToken,
    });
  }

  /** Who has no role at all. */
  stranger(): Operator {
    return new Operator(this.#rig, { ...this.#environment, AWS_ACCESS_KEY_ID: 'AKIAABSENTABSENTABSE' });
  }

  /** One command; its JSON result and exit code. */
  async run(argv: readonly string[], input = ''): Promise<{ code: number; result: unknown }> {
    const command = [
      join(project, 'bin', 'zonebridge.ts'),
      ...argv,
      '--config',
      this.#rig.configurationPath,
      '--json',
    ];
    const child = spawn(process.execPath, command, {
      cwd: project,
      env: { ...process.env, ...this.#environment },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.end(input);
    const code = await new Promise<number>((resolve) =>
      child.once('close', (status) => resolve(status ?? 1)),
    );
    const last = output.trim().split('\n').at(-1) ?? '';
    return { code, result: last === '' ? undefined : (JSON.parse(last) as unknown) };
  }
}

async function documentedPolicy(bucket: string): Promise<Policy> {
  const text = await readFile(join(project, 'docs', 'operator-policy.json'), 'utf8');
  const filled = text
    .replaceAll('<account>', sandboxAccount)
    .replaceAll('<region>', sandboxRegion)
    .replaceAll('<hub>', sandboxHub)
    .replaceAll('<bucket>', bucket);
  return JSON.parse(filled) as Policy;
}
