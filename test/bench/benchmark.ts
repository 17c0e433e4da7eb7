/** One benchmark; a line in main.ts makes it known. */
export interface Benchmark {
  /** What it measures, and its options. */
  usage: string;
  /** Throws TypeError or RangeError for options it does not take. */
  run(options: string[]): Promise<void>;
}
