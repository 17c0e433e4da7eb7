import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { addToEnvironments } from './functions.ts';
import type { HubRig } from './hub-rig.ts';

/** At which request a function's process ends. */
export interface Arming {
  /** Part of the function's name. */
  function: string;
  /** All of these are in the request: for AWS its target and body, for a firewall method, URL and body. */
  request: readonly string[];
  /** `before`: the request never leaves. `after`: it was carried out, but its answer is never read. */
  when: 'before' | 'after';
  /** The first that fits is 1. */
  nth: number;
}

/** Ends processes of deployed functions at named requests. */
export class CrashSwitch {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    for (const folder of ['armed', 'fired']) mkdirSync(join(directory, folder), { recursive: true });
  }

  /** Puts the switch into all functions of the hub. */
  async install(rig: HubRig): Promise<void> {
    const preload = pathToFileURL(join(import.meta.dirname, 'crash-preload.ts')).href;
    const settings = {
      NODE_OPTIONS: `--enable-source-maps --import ${preload}`,
      CRASH_DIRECTORY: this.#directory,
    };
    await addToEnvironments(rig.ministack.endpoint, settings);
  }

  arm(name: string, arming: Arming): void {
    writeFileSync(join(this.#directory, 'armed', name), JSON.stringify(arming));
  }

  hasFired(name: string): boolean {
    return existsSync(join(this.#directory, 'fired', name));
  }
}
