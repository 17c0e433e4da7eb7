import type { z } from 'zod';
import type { Problem } from '../../core/errors.ts';
import { type Explained, explainIssue } from './explain.ts';
import { type JsonSchema, knownKeys } from './json-schema.ts';
import { type DocumentPath, formatPath, parsePath } from './source/path.ts';
import type { Sources } from './source/sources.ts';

/** Collects problems and warnings, each with the file and line it was written in. */
export class Report {
  readonly problems: Problem[];
  readonly warnings: Problem[];
  readonly #sources: Sources;
  readonly #schema: JsonSchema;
  readonly #place: (path: DocumentPath) => DocumentPath;

  constructor(sources: Sources, schema: JsonSchema, more: ReportOptions = {}) {
    this.#sources = sources;
    this.#schema = schema;
    this.problems = more.into?.problems ?? [...sources.problems];
    this.warnings = more.into?.warnings ?? [];
    this.#place = more.place ?? ((path) => path);
  }

  /** The same report for checks that take the entries of a section for those of another one: what they find is told where it stands. */
  of(section: string, seenAs: string): Report {
    const place = ([first = '', ...rest]: DocumentPath): DocumentPath =>
      this.#place([first === seenAs ? section : first, ...rest]);
    return new Report(this.#sources, this.#schema, { into: this, place });
  }

  problem(path: DocumentPath, message: string): void {
    this.problems.push(this.#located(path, message));
  }

  warning(path: DocumentPath, message: string): void {
    this.warnings.push(this.#located(path, message));
  }

  /** Problems of a vendor module, which knows paths as texts only. */
  add(problems: readonly Problem[]): void {
    for (const { path, message } of problems) this.problem(parsePath(path), message);
  }

  /** Checks a value; what is wrong is reported. `kind` names the vendor whose fields are meant. */
  parse<T>(schema: z.ZodType<T>, value: unknown, at: DocumentPath, more: ParseOptions = {}): T | undefined {
    const result = schema.safeParse(value, { reportInput: true });
    if (result.success) return result.data;
    const context = {
      typed: (path: DocumentPath) => this.#sources.place(path).typed,
      knownKeys: (path: DocumentPath) => knownKeys(this.#schema, path, more.kind),
    };
    for (const issue of result.error.issues) {
      for (const explained of explainIssue(issue, at, context)) {
        const { path, message } = more.rename?.(explained) ?? explained;
        this.problem(path, message);
      }
    }
    return undefined;
  }

  /** File, line and 'first in ...' of another place, for problems that name two. */
  whereabouts(path: DocumentPath): string {
    const { file, line } = this.#sources.place(this.#place(path));
    return `${file}:${line}`;
  }

  fileOf(path: DocumentPath): string {
    return this.#sources.place(path).file;
  }

  #located(seen: DocumentPath, message: string): Problem {
    const path = this.#place(seen);
    const { file, line } = this.#sources.place(path);
    return { path: formatPath(path), message, file, line };
  }
}

interface ReportOptions {
  into?: Pick<Report, 'problems' | 'warnings'>;
  place?: (path: DocumentPath) => DocumentPath;
}

export interface ParseOptions {
  kind?: string;
  /** Shows a problem at another place than where the schema sees it. */
  rename?: (explained: Explained) => Explained;
}
