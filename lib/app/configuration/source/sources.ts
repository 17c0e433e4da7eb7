import path from 'node:path';
import type { Problem } from '../../../core/errors.ts';
import type { ConfigurationFiles } from '../files.ts';
import { type DocumentPath, formatPath } from './path.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

/** All files of a configuration, merged, with the way back from a value to its file and line. */
export interface Sources {
  /** Merged top-level sections. */
  sections: Map<string, unknown>;
  problems: Problem[];
  /** Where a value (or, if it is missing, its nearest surrounding) was written. */
  place(path: DocumentPath): Place;
}

interface Place {
  file: string;
  line: number;
  /** Text of a plain value as it was typed. */
  typed: string | undefined;
}

/**
 * Reads one file, or every `*.yaml` and `*.yml` directly in a folder (other files and sub-folders are not read).
 * Maps such as `groups` may be spread over files, but each entry, and each of `hub` and `brakes`, stands in one file only.
 */
export async function readSources(location: string, files: ConfigurationFiles): Promise<Sources> {
  if ((await files.kind(location)) === 'missing')
    return failed(location, 'there is no such file or folder; `zonebridge init` makes a first one');
  const texts = await configurationTexts(location, files);
  if (texts.length === 0) return failed(location, 'the folder holds no *.yaml file');
  return merge(texts.map(({ file, text }) => readYaml(file, text)));
}

/** The files that a location stands for, as they are; none when nothing is there. */
export async function configurationTexts(
  location: string,
  files: ConfigurationFiles,
): Promise<{ file: string; text: string }[]> {
  const kind = await files.kind(location);
  if (kind === 'missing') return [];
  const names = kind === 'file' ? [location] : await yamlFiles(location, files);
  return Promise.all(names.map(async (file) => ({ file, text: await files.readText(file) })));
}

async function yamlFiles(folder: string, files: ConfigurationFiles): Promise<string[]> {
  const names = await files.listFolder(folder);
  return names
    .filter((name) => /^[^.].*\.ya?ml$/.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}

function failed(file: string, message: string): Sources {
  return {
    sections: new Map(),
    problems: [{ path: '', file, message }],
    place: () => ({ file, line: 1, typed: undefined }),
  };
}

function merge(parsed: readonly YamlSource[]): Sources {
  const place = (path: DocumentPath) => deepest(parsed, path);
  const problems = parsed.flatMap((source) => source.problems);
  const sections = new Map<string, unknown>();
  for (const source of parsed) {
    if (source.content === undefined || source.content === null) continue;
    if (!isMap(source.content)) {
      problems.push({
        path: '',
        file: source.file,
        line: 1,
        message: 'the document must be a map of sections',
      });
      continue;
    }
    for (const [name, value] of Object.entries(source.content)) {
      mergeSection({ sections, problems, source, place }, name, value);
    }
  }
  return { sections, problems, place };
}

interface Merging {
  sections: Map<string, unknown>;
  problems: Problem[];
  source: YamlSource;
  place: Sources['place'];
}

function mergeSection(merging: Merging, name: string, value: unknown): void {
  const before = merging.sections.get(name);
  const single = name === 'hub' || name === 'brakes';
  if (!merging.sections.has(name) || before === null) merging.sections.set(name, value);
  else if (single || !isMap(before) || !isMap(value)) twice(merging, [name]);
  else {
    const merged = { ...before };
    for (const [key, entry] of Object.entries(value)) {
      if (Object.hasOwn(before, key)) twice(merging, [name, key]);
      else merged[key] = entry;
    }
    merging.sections.set(name, merged);
  }
}

function twice(merging: Merging, path: DocumentPath): void {
  const { source, place } = merging;
  const first = place(path);
  const problem = `\`${path.at(-1)}\` is given in two files, first in ${first.file}:${first.line}`;
  const { line } = source.find(path);
  merging.problems.push({ path: formatPath(path), file: source.file, line, message: problem });
}

/** The file that holds most of the path; the first of equals. */
function deepest(parsed: readonly YamlSource[], path: DocumentPath): Place {
  let best: (Place & { depth: number }) | undefined;
  for (const source of parsed) {
    const found = source.find(path);
    if (best === undefined || found.depth > best.depth) best = { file: source.file, ...found };
  }
  return best ?? { file: '', line: 1, typed: undefined };
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
