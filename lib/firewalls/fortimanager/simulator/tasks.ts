import { noObject, type JsonObject } from './refusal.ts';
import type { ManagerSettings } from './settings.ts';

interface Line {
  name: string;
  err: number;
  detail: string;
}

interface Task {
  id: number;
  title: string;
  user: string;
  started: number;
  polls: number;
  /** Done when the task ends; its lines tell how it went. */
  run: () => Line[];
  lines: Line[] | undefined;
  /** A person stopped it: it ended, and nothing of it failed. */
  cancelled?: boolean;
}

/** Work that goes on after the call that began it. It ends after so many polls as the settings say; nothing happens before. */
export class TaskList {
  readonly #tasks = new Map<number, Task>();
  readonly #settings: ManagerSettings;
  #next = 100;

  constructor(settings: ManagerSettings) {
    this.#settings = settings;
  }

  start(title: string, user: string, run: () => Line[]): number {
    const id = ++this.#next;
    const started = Math.floor(Date.now() / 1000);
    this.#tasks.set(id, { id, title, user, started, polls: 0, run, lines: undefined });
    return id;
  }

  /** One poll: as a `get` of `/task/task/<id>` shows it. */
  show(id: number, verbose: boolean): JsonObject {
    const task = this.#tasks.get(id);
    if (!task) throw noObject();
    const wanted = this.#settings.behaviour.taskPolls;
    task.polls += 1;
    if (wanted >= 0 && task.polls >= wanted && !task.cancelled) task.lines ??= task.run();
    const lines = task.lines ?? [];
    const done = task.lines !== undefined || task.cancelled === true;
    const percent = done ? 100 : wanted < 0 ? 0 : Math.floor((task.polls / wanted) * 100);
    const failed = lines.filter(({ err }) => err !== 0).length;
    return {
      id,
      title: task.title,
      user: task.user,
      percent,
      num_lines: lines.length,
      num_done: lines.length - failed,
      num_err: failed,
      num_warn: 0,
      tot_percent: lines.length * percent,
      state: task.cancelled ? (verbose ? 'cancelled' : 3) : stateOf({ done, failed: failed > 0 }, verbose),
      start_tm: task.started,
      end_tm: done ? Math.floor(Date.now() / 1000) : 0,
      history: [],
      line: lines.map(({ name, err, detail }) => ({
        name,
        vdom: 'root',
        err,
        detail,
        percent: 100,
        state: stateOf({ done: true, failed: err !== 0 }, verbose),
      })),
    };
  }

  /** Also takes what nobody polls to its end, as time would. */
  finishAll(): void {
    for (const task of this.#tasks.values()) if (!task.cancelled) task.lines ??= task.run();
  }

  cancel(id: number): void {
    const task = this.#tasks.get(id);
    if (!task) throw noObject();
    if (!task.lines) task.cancelled = true;
  }
}

function stateOf({ done, failed }: { done: boolean; failed: boolean }, verbose: boolean): string | number {
  if (!done) return verbose ? 'running' : 1;
  if (failed) return verbose ? 'error' : 5;
  return verbose ? 'done' : 4;
}
