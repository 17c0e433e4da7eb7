import type { Signer } from '../core/way-back/ports.ts';
import type { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Operator } from '../app/compose-operator.ts';
import type { InstallerWay } from '../app/compose-installer.ts';
import type { Installer } from '../core/onboarding/ports.ts';
import type { HubConfiguration } from '../app/configuration/model.ts';

/** A place to write to that may be a terminal. */
type OutputStream = Writable & { isTTY?: boolean; columns?: number };

/** Everything a command may touch of the process it runs in; replaced in tests. */
export interface CliIo {
  stdin: Readable;
  stdout: OutputStream;
  stderr: OutputStream;
  /** Relative paths are relative to it. */
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Where the signals of the process are heard. */
  signals: Pick<EventEmitter, 'on' | 'off'>;
  /** Stands in for AWS in tests. */
  connect?: (hub: HubConfiguration) => Operator;
  /** Stands in for the hub's key for desired state in tests. */
  signer?: Signer;
  /** Stands in for EKS and the clusters in tests. */
  installer?: (way: InstallerWay) => Installer;
  /** Stands in for cdk in tests. */
  cdk?: (args: readonly string[]) => Promise<void>;
}

export function processIo(): CliIo {
  // A reader that went away (`zonebridge validate | head -1`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    env: process.env,
    signals: process,
  };
}
