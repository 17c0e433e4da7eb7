/** One way to break the product on purpose. The suite has to notice. */
export interface Mutant {
  name: string;
  /** What is wrong with it, for people. */
  breaks: string;
  /** Path from the root of the project. */
  file: string;
  /** Each text occurs exactly once in the file, and is replaced by the other. */
  edits: readonly (readonly [find: string, replacement: string])[];
  /** Test files that notice, the likeliest first. */
  killers: readonly string[];
}

/** The mutated text. Throws RangeError when an edit does not apply exactly once: the mutant has to follow the product. */
export function mutate(mutant: Mutant, source: string): string {
  let text = source;
  for (const [find, replacement] of mutant.edits) {
    const times = text.split(find).length - 1;
    if (times !== 1)
      throw new RangeError(`${mutant.name}: ${JSON.stringify(find)} occurs ${times} times in ${mutant.file}`);
    text = text.replace(find, () => replacement);
  }
  return text;
}
