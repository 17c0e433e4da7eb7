import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { printable } from '../shared/printable.ts';
import { adomPath, type FortimanagerClient, type Param } from './client.ts';
import type { Element } from './envelope.ts';
import { isLockText } from './errors.ts';
import { waitForTask } from './tasks.ts';

/** How often a lock that somebody else holds is asked for again; the vendor's own tool waits 5 s. */
const lockEveryMs = 3_000;

/** The manager tells nobody for a lock of less than the whole ADOM, which keeps others from locking all of it. */
const unnamed = 'another session, or a policy package, object or device of it is';

const global = z.looseObject({ 'workspace-mode': z.union([z.string(), z.number()]).optional() });
const lockRows = z.array(
  z.looseObject({
    lock_user: z.string().catch('somebody').transform(printable),
    dirty: z.number().catch(0),
    adom_dirty: z.number().catch(0),
  }),
);
const dirtyData = z.looseObject({ dirty: z.number() });

/** Words or numbers, by version and verbosity. */
const modes: Readonly<Record<string, 'off' | 'lock' | 'workflow'>> = {
  disabled: 'off',
  0: 'off',
  normal: 'lock',
  1: 'lock',
  workflow: 'workflow',
  2: 'workflow',
  'per-adom': 'lock',
  3: 'lock',
};

/**
 * Locks an ADOM for a change where the manager wants that: nobody's lock is broken, nobody's changes are saved or thrown away. With
 * workspaces off it does nothing.
 */
export class Workspace {
  readonly #client: FortimanagerClient;

  constructor(client: FortimanagerClient) {
    this.#client = client;
  }

  /**
   * Runs `change` in the locked ADOM, saves what it did, then runs `after` while the lock still holds. `look`: what is read before
   * anything is locked, in one call with the state of the lock; `seen` gets it and says by false that there is nothing to change. Who had to
   * wait for the lock looks again, because whoever held it may have changed what was seen. `change` says by false that nothing is worth saving.
   */
  async run(work: {
    look: readonly Param[];
    seen(elements: readonly Element[]): Promise<boolean>;
    change(): Promise<boolean>;
    after(): Promise<void>;
  }): Promise<void> {
    const locking = await this.#isLocking();
    const questions = [...(locking ? this.#state() : []), ...work.look];
    const first = questions.length === 0 ? [] : await this.#client.read(questions);
    if (!(await work.seen(locking ? first.slice(2) : first))) return;
    if (!locking) {
      if (await work.change()) await work.after();
      return;
    }
    const waited = await this.#lock(first);
    this.#client.memory.holdsLock = true;
    try {
      if (waited && !(await work.seen(await this.#client.read(work.look)))) return;
      if (!(await work.change())) return;
      await this.#commit();
      await work.after();
    } finally {
      await this.#unlock();
      this.#client.memory.holdsLock = false;
    }
  }

  /** Known for as long as the process lives; a refusal for want of a lock forgets it. */
  async #isLocking(): Promise<boolean> {
    const { settings, memory } = this.#client;
    if (settings.workspace !== 'auto') return settings.workspace === 'normal';
    memory.locking ??= await this.#askMode();
    return memory.locking;
  }

  async #askMode(): Promise<boolean> {
    let found: unknown;
    try {
      found = await this.#client.readOne({
        url: '/cli/global/system/global',
        fields: ['workspace-mode', 'adom-status'],
      });
    } catch (error) {
      if (!isZonebridgeError(error, 'firewall/permission-denied')) throw error;
      const text =
        'the administrator may not read the workspace mode: set `workspace: normal` or `workspace: disabled`';
      throw new ZonebridgeError('firewall/permission-denied', text, { cause: error });
    }
    const parsed = global.safeParse(found);
    const said = parsed.success ? parsed.data['workspace-mode'] : undefined;
    const mode = said === undefined ? undefined : modes[said];
    if (mode === 'workflow')
      throw new ZonebridgeError(
        'firewall/unsupported',
        'the workspace mode is workflow, in which a person approves every change: use channel "feed", or "tags" with create: offered',
      );
    if (mode === undefined)
      throw new ZonebridgeError('firewall/unexpected-answer', 'the workspace mode is none that is known');
    return mode === 'lock';
  }

  #url(verb: string): string {
    return `${adomPath(this.#client.settings.adom)}/workspace/${verb}`;
  }

  #state(): Param[] {
    return [{ url: this.#url('lockinfo') }, { url: this.#url('dirty') }];
  }

  /**
   * Waits for a lock that somebody holds. Changes that are not saved are nobody's business of ours: then we do not even ask. True when it had
   * to wait.
   */
  async #lock(first: readonly Element[]): Promise<boolean> {
    const { clock, deadline, settings } = this.#client;
    const until = Math.min(clock.now() + settings.lockWaitSeconds * 1000, deadline - lockEveryMs);
    let state = first;
    for (;;) {
      const held = await this.#whoHolds(state);
      if (held === undefined && (await this.#tryLock())) return state !== first;
      if (clock.now() + lockEveryMs >= until)
        throw new ZonebridgeError(
          'firewall/busy',
          `ADOM ${settings.adom} is locked by ${held ?? unnamed}; nothing was changed`,
          { fields: { lockedBy: held } },
        );
      await clock.sleep(lockEveryMs);
      state = await this.#client.read(this.#state());
    }
  }

  /** The lock's user, or that somebody's changes wait to be saved; undefined when the ADOM is free and clean. */
  async #whoHolds([info, dirty]: readonly Element[]): Promise<string | undefined> {
    for (const [element, verb] of [
      [info, 'lockinfo'],
      [dirty, 'dirty'],
    ] as const)
      if (element?.status.code !== 0)
        throw await this.#client.error('get', { url: this.#url(verb) }, element);
    // An ADOM that is not locked has no data.
    const rows = lockRows.safeParse(info?.data ?? []);
    const unsaved = dirtyData.safeParse(dirty?.data);
    if (!rows.success || !unsaved.success)
      throw new ZonebridgeError('firewall/unexpected-answer', 'the state of the lock came back incomplete');
    const [row] = rows.data;
    const isDirty =
      unsaved.data.dirty !== 0 || (row !== undefined && (row.dirty !== 0 || row.adom_dirty !== 0));
    if (row) return isDirty ? `${row.lock_user} (with changes that are not saved)` : row.lock_user;
    return isDirty ? 'somebody whose changes are not saved' : undefined;
  }

  /** False when another session was faster. When the reply is lost the lock is given back, in case it is ours. */
  async #tryLock(): Promise<boolean> {
    const param = { url: this.#url('lock') };
    try {
      const [found] = await this.#client.write('exec', [param]);
      if (found?.status.code === 0) return true;
      if (isLockText(found?.status.message ?? '')) return false;
      // Perhaps there is nothing to lock any more: the next run asks.
      this.#client.memory.locking = undefined;
      throw await this.#client.error('exec', param, found);
    } catch (error) {
      if (isZonebridgeError(error, 'firewall/outcome-unknown')) await this.#unlock();
      throw error;
    }
  }

  async #commit(): Promise<void> {
    const found = await this.#client.writeOne('exec', { url: this.#url('commit') });
    if (found.taskid !== undefined) await waitForTask(this.#client, found.taskid);
  }

  /**
   * The ADOM was clean when it was locked: what is thrown away here is ours alone. A lock that may still be there would keep our own next run
   * out, because a kept session never ends: so it ends with its session.
   */
  async #unlock(): Promise<void> {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        await this.#client.writeOne('exec', { url: this.#url('unlock') });
        return;
      } catch (error) {
        if (!(error instanceof ZonebridgeError)) throw error;
      }
    }
    await this.#client.logOut();
  }
}
