import { Adom } from './adom.ts';
import { CommitLog } from '../../../simulators/commit-log.ts';
import { invalidUrl } from './refusal.ts';
import type { ManagerSettings } from './settings.ts';
import { TaskList } from './tasks.ts';

/** A file that firewalls fetch as `fmg://<name>`; all ADOMs share them. */
export interface HostedFile {
  content: string;
  /** Seconds since 1970. */
  modified: number;
  /** Bytes as the manager tells them, when they are not those of the content. */
  size?: number;
}

/** A FortiManager: ADOMs, hosted files, tasks. */
export class Manager {
  readonly settings: ManagerSettings;
  readonly adoms = new Map<string, Adom>();
  /** The ADOM whose headers and footers are assigned to the others. */
  global = new Adom('global', [], true);
  readonly files = new Map<string, HostedFile>();
  readonly tasks: TaskList;
  /** `what`: such as `set /pm/config/adom/root/_external/resource/x.txt`. */
  readonly commits = new CommitLog<{ what: string }>();

  constructor(settings: ManagerSettings, adoms: readonly string[], devices?: readonly string[]) {
    this.settings = settings;
    this.tasks = new TaskList(settings);
    for (const name of adoms) this.adoms.set(name, new Adom(name, devices));
  }

  /** ADOMs and files again, on their own. */
  copy(): Manager {
    const copy = new Manager(this.settings, []);
    for (const [name, adom] of this.adoms) copy.adoms.set(name, adom.copy());
    copy.global = this.global.copy();
    for (const [name, file] of this.files) copy.files.set(name, file);
    return copy;
  }

  /** Throws -6 for an ADOM that is not there. */
  adom(name: string): Adom {
    const adom = this.adoms.get(name);
    if (!adom) throw invalidUrl();
    return adom;
  }

  /** Ends what a session held: its locks go, and with them what was not saved. */
  endSession(id: string): void {
    for (const adom of [this.global, ...this.adoms.values()]) {
      adom.discard(id);
      adom.parts.drop(id);
      if (adom.lock?.session === id) adom.lock = undefined;
    }
  }

  get locking(): boolean {
    return this.settings.workspace !== 'disabled';
  }
}
