import type { Refusal, Json, JsonObject } from './refusal.ts';
import type { Settings } from './settings.ts';
import { buildNumber, formatVersion } from './version.ts';

/** Where an answer comes from. */
export interface Place {
  method: string;
  vdom: string;
  /** `firewall` of `firewall/address`. */
  path: string;
  name: string;
  /** A number where a policy was created. */
  mkey?: string | number | undefined;
}

function who(settings: Settings): JsonObject {
  return {
    serial: settings.serial,
    version: formatVersion(settings.version),
    build: buildNumber(settings.version),
  };
}

function where(place: Place): JsonObject {
  return { vdom: place.vdom, path: place.path, name: place.name };
}

/** Answer to a read of the configuration. */
export function readEnvelope(
  place: Place,
  settings: Settings,
  more: { revision: string; results: Json; size?: number; matched_count?: number; next_idx?: number },
): JsonObject {
  const { revision, results, ...paging } = more;
  return {
    http_method: place.method,
    ...paging,
    revision,
    results,
    ...where(place),
    ...(place.mkey === undefined ? {} : { mkey: place.mkey }),
    status: 'success',
    http_status: 200,
    ...who(settings),
  };
}

/** Answer to an accepted write of the configuration. */
export function writeEnvelope(
  place: Place,
  settings: Settings,
  revisions: { before: string; after: string },
): JsonObject {
  return {
    http_method: place.method,
    revision: revisions.after,
    revision_changed: revisions.after !== revisions.before,
    old_revision: revisions.before,
    ...(place.mkey === undefined ? {} : { mkey: place.mkey }),
    status: 'success',
    http_status: 200,
    ...where(place),
    ...who(settings),
  };
}

/** Answer to the beginning or the end of a transaction, which belongs to no table. */
export function transactionEnvelope(
  place: Place,
  settings: Settings,
  told: { revision: string; changed: boolean; action: string; results: JsonObject | undefined },
): JsonObject {
  return {
    http_method: place.method,
    revision: told.revision,
    revision_changed: told.changed,
    ...(told.results === undefined ? {} : { results: told.results }),
    vdom: place.vdom,
    action: told.action,
    status: 'success',
    http_status: 200,
    ...who(settings),
  };
}

/** Answer of the runtime API; it carries no `http_status` on success and no `revision`. */
export function monitorEnvelope(place: Place, settings: Settings, action: string, results: Json): JsonObject {
  return {
    http_method: place.method,
    results,
    ...where(place),
    action,
    status: 'success',
    ...who(settings),
  };
}

export function errorEnvelope(
  place: Place,
  settings: Settings,
  refusal: Refusal,
  revision?: string,
): JsonObject {
  return {
    http_method: place.method,
    ...(revision === undefined ? {} : { revision }),
    ...(refusal.error === undefined ? {} : { error: refusal.error }),
    ...(refusal.cliError === undefined ? {} : { cli_error: [...refusal.cliError] }),
    ...(place.mkey === undefined ? {} : { mkey: place.mkey }),
    status: 'error',
    http_status: refusal.status,
    ...where(place),
    ...who(settings),
  };
}
