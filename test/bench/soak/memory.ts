import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

interface EarlyAndLate {
  /** Median of the second fifth and of the last fifth of the time. */
  earlyMb: number;
  lateMb: number;
}

/** How the memory of one process went, in MB of RSS. */
export interface Memory extends EarlyAndLate {
  process: string;
  /** Ours, or a part of the sandbox that real deployments do not have. */
  ours: boolean;
  samples: number;
  /** Least-squares slope over the second half. */
  slopeMbPerHour: number;
  /** What was in use right after collections, where the process wrote it down: its heap and what hangs on it. */
  kept?: EarlyAndLate;
  /** What it had then besides the heap that V8 reserves. */
  outside?: EarlyAndLate;
}

export interface Sample {
  seconds: number;
  megabytes: number;
}

/** Samples the memory of this process and everything below it. */
export class MemorySampler {
  readonly #begin = performance.now();
  readonly #samples = new Map<string, Sample[]>();
  readonly #timer: NodeJS.Timeout;

  readonly #directory: string;

  /** Processes may write what they keep into files in `directory`, by their number. */
  constructor(everyMs: number, directory: string) {
    this.#directory = directory;
    this.sample();
    this.#timer = setInterval(() => this.sample(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  sample(): void {
    const seconds = (performance.now() - this.#begin) / 1000;
    for (const { name, megabytes } of descendants()) {
      const of = this.#samples.get(name) ?? [];
      of.push({ seconds, megabytes });
      this.#samples.set(name, of);
    }
  }

  results(): Memory[] {
    const all = [...this.#samples].filter(([, samples]) => samples.length >= 10);
    return all
      .map(([name, samples]) => ({ ...result(name, samples), ...this.#told(name) }))
      .sort((a, b) => b.lateMb - a.lateMb);
  }

  #told(name: string): Pick<Memory, 'kept' | 'outside'> {
    const file = join(this.#directory, /\((\d+)\)$/.exec(name)?.[1] ?? 'none');
    if (!existsSync(file)) return {};
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const all = lines.map((line) => JSON.parse(line) as { kept: number; outside: number });
    return {
      kept: earlyAndLate(all.map(({ kept }) => kept)),
      outside: earlyAndLate(all.map(({ outside }) => outside)),
    };
  }
}

/** A worker that was replaced goes on under its name; several workers of one function are told apart by their number alone. */
function descendants(): { name: string; megabytes: number }[] {
  const text = execFileSync('ps', ['-eo', 'pid=,ppid=,rss=,args='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const rows = text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match
      ? [{ pid: Number(match[1]), parent: Number(match[2]), rss: Number(match[3]), args: match[4] ?? '' }]
      : [];
  });
  const family = new Set([process.pid]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of rows) if (family.has(parent)) family.add(pid);
  }
  const named = rows.filter(({ pid }) => family.has(pid));
  return named.flatMap(({ pid, rss, args }) => {
    const name = pid === process.pid ? 'benchmark with the simulators' : nameOf(args, pid);
    return name === undefined ? [] : [{ name, megabytes: rss / 1024 }];
  });
}

function nameOf(args: string, pid: number): string | undefined {
  if (args.includes('cluster-agent')) return `agent (${pid})`;
  const worker = /ministack-lambda-[^/\s]*?-(?:Hub|Network-[a-z-]+?|Clusters-[a-z]+)-([A-Za-z]+?)Fun/.exec(
    args,
  );
  if (worker) return `${worker[1]} (${pid})`;
  if (args.includes('-m ministack')) return 'AWS emulator';
  if (args.includes('kubeone')) return 'Kubernetes API';
  const other = basename(args.split(' ')[0] ?? '');
  return other === 'ps' || args.includes('supervise.py') ? undefined : `${other} (${pid})`;
}

function result(name: string, samples: readonly Sample[]): Memory {
  const ours = name.startsWith('agent') || /^[A-Z][a-zA-Z]+ \(\d+\)$/.test(name);
  return {
    process: name,
    ours,
    samples: samples.length,
    ...earlyAndLate(samples.map(({ megabytes }) => megabytes)),
    slopeMbPerHour: round(slope(samples.slice(Math.floor(samples.length / 2))) * 3600),
  };
}

function earlyAndLate(megabytes: readonly number[]): EarlyAndLate {
  const part = (from: number, to: number): number =>
    median(megabytes.slice(Math.floor(megabytes.length * from), Math.ceil(megabytes.length * to)));
  return { earlyMb: round(part(0.2, 0.4)), lateMb: round(part(0.8, 1)) };
}

function median(megabytes: readonly number[]): number {
  return megabytes.toSorted((a, b) => a - b)[Math.floor(megabytes.length / 2)] ?? 0;
}

/** Megabytes a second. */
export function slope(samples: readonly Sample[]): number {
  const mean = (pick: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const [x, y] = [mean(({ seconds }) => seconds), mean(({ megabytes }) => megabytes)];
  const over = samples.reduce((sum, { seconds, megabytes }) => sum + (seconds - x) * (megabytes - y), 0);
  const under = samples.reduce((sum, { seconds }) => sum + (seconds - x) ** 2, 0);
  return under === 0 ? 0 : over / under;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
