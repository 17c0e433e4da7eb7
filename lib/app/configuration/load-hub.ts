import { type ConfigurationFiles, diskFiles } from './files.ts';
import type { HubConfiguration } from './model.ts';
import { hubSchema } from './hub-schema.ts';
import { configurationTexts, isMap } from './source/sources.ts';
import { readYaml } from './source/yaml-source.ts';

/**
 * The `hub` section of a configuration that has problems elsewhere, so that an emergency order still finds its hub. Every file is cut
 * at its top-level keys, because one wrong quote makes a whole file unreadable as YAML. Undefined unless exactly one section of that
 * name stands there and is valid by itself: an order to a hub that was guessed would be worse than none.
 */
export async function loadHub(
  location: string,
  files: ConfigurationFiles = diskFiles,
): Promise<HubConfiguration | undefined> {
  const texts = await configurationTexts(location, files);
  const [section, another] = texts.flatMap(({ file, text }) =>
    hubSections(text).map((part) => readYaml(file, part)),
  );
  if (!section || another || section.problems.length > 0 || !isMap(section.content)) return undefined;
  const parsed = hubSchema.safeParse(section.content['hub']);
  return parsed.success ? parsed.data : undefined;
}

/** Lines from a `hub` key without indentation to the next line without. Inside a value of YAML's block style every line is indented. */
function hubSections(text: string): string[] {
  const parts: string[][] = [];
  let open: string[] | undefined;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^["']?hub["']?\s*:/.test(line)) parts.push((open = [line]));
    else if (/^[^\s#]/.test(line)) open = undefined;
    else open?.push(line);
  }
  return parts.map((lines) => `${lines.join('\n')}\n`);
}
