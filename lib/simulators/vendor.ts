/** What the command line and the sandbox know of a simulated firewall, whatever its vendor. */
export interface RunningSimulator {
  /** `https://127.0.0.1:<port>` */
  url: string;
  port: number;
  /** The authority to trust, as file and as PEM. */
  caFile: string;
  ca: string;
  /** What a client logs in with, by the vendor's own words, such as `{token}` or `{user, password}`. */
  login: Readonly<Record<string, string>>;
  /** The credential in the form that the secret of such a firewall holds; empty where it needs none. */
  secret: string;
  /** Fields of its entry in the configuration, beside `kind`, `network`, `realms`, `address`, `port` and `caFile`. */
  settings: Readonly<Record<string, unknown>>;
  /** Addresses that the device enforces for an object; undefined when there is no such object. Read inside, not over the wire. */
  members(channel: string, name: string): readonly string[] | undefined;
  /** Every accepted write, numbered: to see when a change arrived. */
  commits: CommitReader;
  stop(): Promise<void>;
}

export interface CommitReader {
  /** Number of the newest commit, 0 before the first. */
  readonly last: number;
  /** Commits with a higher number, oldest first; `at` in milliseconds since 1970 with fraction. */
  after(number: number): readonly { number: number; at: number }[];
}

/** An option of a vendor's simulator beside those that all have; its value is text. */
export interface SimulatorOption {
  /** Such as `--vdom <names>`. */
  flags: string;
  description: string;
}

export interface SimulatorStart {
  /** 0 or absent: any free one. */
  port?: number | undefined;
  /** Version of the vendor's software. */
  version?: string | undefined;
  /** JSON list of faults. */
  faultsFile?: string | undefined;
  /** Where the authority lies, so that it survives restarts; a fresh one when absent. */
  certificateDirectory?: string | undefined;
  /** The vendor's own options by their camel-case names. */
  more?: Readonly<Record<string, string | undefined>> | undefined;
}

/** One vendor: what `lib/firewalls/<vendor>/simulator/command.ts` exports and `lib/firewalls/simulators.ts` lists. */
export interface VendorSimulator {
  /** The word in the configuration and after `zonebridge simulate`. */
  kind: string;
  /** Such as `a FortiGate`. */
  summary: string;
  description: string;
  /** What `--version` takes, with an example. */
  versions: string;
  options: readonly SimulatorOption[];
  /** Options whose value is a file of the caller. */
  files: readonly string[];
  examples: readonly (readonly [commandLine: string, purpose: string])[];
  /** Starts it on 127.0.0.1. Throws RangeError for options or files that do not fit. */
  start(request: SimulatorStart): Promise<RunningSimulator>;
}

/** The names in the value of an option, which commas separate. */
export function namesIn(value: string): string[] {
  return value.split(',').filter((name) => name !== '');
}

type Reached = Pick<RunningSimulator, 'url' | 'port' | 'caFile' | 'ca' | 'stop'>;

/** How a simulator is reached and ended, without what is its vendor's own. */
export function reached(simulator: Reached): Reached {
  const { url, port, caFile, ca } = simulator;
  return { url, port, caFile, ca, stop: async () => await simulator.stop() };
}
