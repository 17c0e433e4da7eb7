import type { Caller, Gate } from './access.ts';
import type { Manager } from './manager.ts';
import type { Json, JsonObject } from './refusal.ts';

/** One element of a request. */
export interface Call {
  method: string;
  /** Parts of the URL without the empty ones; `\/` inside a name is a slash of the name. */
  parts: string[];
  param: JsonObject;
  verbose: boolean;
  caller: Caller;
  manager: Manager;
  gate: Gate;
}

/** What an element answers beside its status and URL; undefined: nothing. */
export type Answered = { data?: Json; taskid?: number } | undefined;

/** Splits a URL; names may hold slashes that are escaped. */
export function urlParts(url: string): string[] {
  return url
    .split(/(?<!\\)\//)
    .map((part) => part.replaceAll('\\/', '/'))
    .filter((part) => part !== '');
}

let unknownCalls = 0;

/** Who changes something. Where locks do not hold with an API key, each of its calls is somebody else. */
export function changer(call: Call): { session: string; user: string; locking: boolean } {
  const { manager, caller } = call;
  const keyless = caller.number === 0 && manager.settings.behaviour.keyLocks === 'none';
  return {
    session: keyless ? `call-${++unknownCalls}` : caller.id,
    user: caller.user,
    locking: manager.locking,
  };
}
