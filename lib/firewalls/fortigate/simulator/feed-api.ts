import { isOn } from './config-read.ts';
import type { Feed, FeedCommand } from './feeds.ts';
import type { MonitorCall } from './monitor-api.ts';
import { Refusal, databaseRefusal, isObject, missingEntry } from './refusal.ts';
import type { Json, JsonObject } from './refusal.ts';
import { isAtLeast } from './version.ts';
import type { Vdom } from './vdom.ts';

const table = 'system/external-resource';
const kinds: Readonly<Record<FeedCommand, 'feed-add' | 'feed-remove' | 'feed-snapshot'>> = {
  add: 'feed-add',
  remove: 'feed-remove',
  snapshot: 'feed-snapshot',
};

interface Command {
  name: string;
  command: FeedCommand;
  entries: string[];
}

/**
 * POST `system/external-resource/dynamic`: several commands for several feeds in one body.
 * The form of the body is checked before anything happens. Assumption: the answer has one element per command
 * with the field names of the vendor's schema (`name, command, status, error, invalidEntries`), commands run in order,
 * and one that fails does not stop the others.
 */
export function pushEntries({ vdom, device, body }: MonitorCall): JsonObject[] {
  if (!isAtLeast(device.settings.version, '7.2.1')) {
    throw missingEntry();
  }
  const commands = readCommands(body);
  const wrong = commands.find((command) => problemOf(vdom, command) !== undefined);
  if (wrong !== undefined && device.settings.behaviour.unknownFeed === 'whole-request') {
    throw databaseRefusal(-3, `feed ${wrong.name} cannot be pushed to`);
  }
  return commands.map((command) => {
    const problem = problemOf(vdom, command);
    const answer = { name: command.name, command: command.command };
    if (problem !== undefined) {
      return { ...answer, status: 'error', error: problem };
    }
    const { added, removed, invalid } = vdom.feeds.run(command.name, command.command, command.entries);
    if (added.length + removed.length > 0) {
      device.record(vdom.name, {
        kind: kinds[command.command],
        path: table,
        key: command.name,
        added: { entries: added },
        removed: { entries: removed },
      });
    }
    return { ...answer, status: 'success', ...(invalid.length > 0 ? { invalidEntries: invalid } : {}) };
  });
}

/** Why a command cannot run. */
function problemOf(vdom: Vdom, { name }: Command): string | undefined {
  const feed = vdom.table(table)?.rows.get(name);
  if (feed === undefined) {
    return 'entry not found';
  }
  return feed.values.get('update-method') === 'push' ? undefined : 'update-method is not push';
}

function readCommands(body: string): Command[] {
  const commands = parse(body);
  if (!Array.isArray(commands) || commands.length === 0) {
    throw new Refusal(424);
  }
  return commands.map((item) => {
    const { name, command, entries = [] } = isObject(item) ? item : {};
    const known = command === 'add' || command === 'remove' || command === 'snapshot';
    if (typeof name !== 'string' || !known || !Array.isArray(entries) || !entries.every(isText)) {
      throw new Refusal(424);
    }
    return { name, command, entries };
  });
}

function parse(body: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed['commands'] : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: Json): value is string {
  return typeof value === 'string';
}

/** GET `system/external-resource/entry-list`: state, counts and, unless told otherwise, the entries. */
export function readEntryList({ vdom, device, query }: MonitorCall): JsonObject {
  const name = query.get('mkey') ?? '';
  if (name === '') {
    throw new Refusal(424);
  }
  if (!vdom.table(table)?.rows.has(name)) {
    throw missingEntry();
  }
  const feed = vdom.feeds.read(name);
  const state: JsonObject = {
    status: 'success',
    resource_file_status: feed.lastUpdate === 0 ? 'not downloaded' : 'downloaded',
    last_content_update_time: feed.lastUpdate,
    conn_attempt_time: feed.lastUpdate,
    http_status_code: feed.lastUpdate === 0 ? 0 : 200,
  };
  if (isOn(query.get('status_only'))) {
    return state;
  }
  const counts: JsonObject = {
    ...state,
    valid_count: feed.validCount,
    invalid_count: feed.entries.size - feed.validCount,
    overflow: feed.overflow,
    ...(isAtLeast(device.settings.version, '7.4.4')
      ? { accepted_count: feed.validCount, accepted_limit: vdom.feeds.limit() }
      : {}),
    ...(isOn(query.get('include_notes')) ? { notes: [] } : {}),
  };
  if (isOn(query.get('counts_only'))) {
    return counts;
  }
  return {
    ...counts,
    ...matchCounts(feed, query.get('entry')),
    entries: listEntries(feed, query, device.settings),
  };
}

/** Assumption: `entry` finds exactly this text. */
function matchCounts(feed: Feed, entry: string | null): JsonObject {
  if (entry === null) {
    return {};
  }
  const valid = feed.entries.get(entry);
  return { matched_valid: Number(valid === true), matched_invalid: Number(valid === false) };
}

function listEntries(
  feed: Feed,
  query: URLSearchParams,
  settings: { behaviour: { entryListDefaultCount: number } },
): JsonObject[] {
  const entry = query.get('entry');
  if (entry !== null) {
    const valid = feed.entries.get(entry);
    return valid === undefined ? [] : [{ entry, valid }];
  }
  const start = Number(query.get('start') ?? 0) || 0;
  const count = Number(query.get('count') ?? settings.behaviour.entryListDefaultCount) || 0;
  const entries = [...feed.entries].slice(start, count === 0 ? undefined : start + count);
  return entries.map(([text, valid]) => ({ entry: text, valid }));
}
