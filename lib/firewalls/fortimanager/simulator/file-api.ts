import { isFrom } from './version.ts';
import type { Answered, Call } from './call.ts';
import { invalidData, invalidUrl, isObject, type Json, noObject, Refusal } from './refusal.ts';

/** `.../_external/resource[/<file>]`: hosted files, from 7.2.5 and 7.4.1, shared by all ADOMs. Set at once, without lock and commit. */
export function answerFiles(call: Call, name: string | undefined): Answered {
  const { manager, method, param } = call;
  if (!hasFiles(manager.settings.version)) throw invalidUrl();
  if (name === undefined) {
    if (method !== 'get') throw invalidUrl();
    return { data: [...manager.files.keys()].map((file) => described(call, file)) };
  }
  switch (method) {
    case 'get':
      return { data: { ...described(call, name), content: manager.files.get(name)?.content ?? '' } };
    case 'set': {
      const content = isObject(param['data']) ? param['data']['content'] : undefined;
      if (typeof content !== 'string') throw invalidData('content is missing');
      const others = [...manager.files].filter(([file]) => file !== name);
      const bytes = others.reduce((sum, [, file]) => sum + file.content.length, content.length);
      if (bytes > manager.settings.limits.fileBytes) throw new Refusal(-1, 'No space left on device');
      manager.files.set(name, { content, modified: Math.floor(Date.now() / 1000) });
      manager.commits.append({ what: `set ${name}` });
      return undefined;
    }
    case 'delete':
      if (!manager.files.delete(name)) throw noObject();
      manager.commits.append({ what: `delete ${name}` });
      return undefined;
    default:
      throw invalidUrl();
  }
}

function described({ manager }: Call, name: string): Record<string, Json> {
  const file = manager.files.get(name);
  if (!file) throw noObject();
  return { name, modified: file.modified, size: file.size ?? Buffer.byteLength(file.content) };
}

function hasFiles(version: string): boolean {
  return isFrom(version, '7.4.1') || (isFrom(version, '7.2.5') && !isFrom(version, '7.4.0'));
}
