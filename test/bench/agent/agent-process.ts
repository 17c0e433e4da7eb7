import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const ticksPerSecond = 100;

/** The bundled agent as its image runs it. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #port: string;

  private constructor(child: ChildProcess, port: string) {
    this.#child = child;
    this.#port = port;
  }

  /** `flags` = options of Node before the bundle. */
  static async start(
    bundle: string,
    flags: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<AgentProcess> {
    const child = spawn(process.execPath, [...flags, bundle], {
      env: { ...environment, PATH: process.env['PATH'], ZONEBRIDGE_PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const port = await new Promise<string>((resolve, reject) => {
      child.once('exit', () => reject(new Error('the agent ended')));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const found = /"port":(\d+)/.exec(line)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    return new AgentProcess(child, port);
  }

  async ready(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/readyz`);
    await answer.body?.cancel();
    return answer.status === 200;
  }

  /** Whether it waits for its turn. */
  async follows(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/readyz`);
    const { role } = (await answer.json()) as { role?: string };
    return role === 'follower';
  }

  /** With its last breath it gives up nothing: the next one waits until its Lease is over. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** In order, so that the next one need not wait for its Lease. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }

  /** Megabytes (10^6 bytes) as Linux counts them: now, or at most so far. */
  megabytes(field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const kilobytes = Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]);
    return Math.round((kilobytes * 1024) / 100_000) / 10;
  }

  /** Percent of one core that the process takes while something is done. */
  async percentDuring(work: () => Promise<unknown>): Promise<number> {
    const [ticks, begin] = [this.#ticks(), performance.now()];
    await work();
    const used = (this.#ticks() - ticks) / ticksPerSecond;
    return Math.round((used / ((performance.now() - begin) / 1_000)) * 1_000) / 10;
  }

  /** User and system time; fields 14 and 15 of /proc/<pid>/stat, counted behind the name in brackets. */
  #ticks(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  }
}
