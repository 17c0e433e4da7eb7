import { type Problem, ZonebridgeError } from '../../core/errors.ts';

/** Thrown by loading: everything that is wrong with a configuration, at once. */
export class InvalidConfiguration extends ZonebridgeError {
  readonly problems: readonly Problem[];

  constructor(source: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super('configuration/invalid', `${source} has ${count}`, {
      fields: { source, problems: problems.length },
    });
    this.name = 'InvalidConfiguration';
    this.problems = problems;
  }
}
