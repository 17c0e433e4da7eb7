import type { Problem } from '../../core/errors.ts';
import { crossCheck } from './cross-checks.ts';
import { type Draft, readDraft } from './draft.ts';
import { type ConfigurationFiles, diskFiles } from './files.ts';
import { InvalidConfiguration } from './invalid-configuration.ts';
import { configurationJsonSchema, type Modules } from './json-schema.ts';
import type { Configuration } from './model.ts';
import { Report } from './report.ts';
import { stackProblems } from './stack-limits.ts';
import { readSources } from './source/sources.ts';

export interface LoadedConfiguration {
  configuration: Configuration;
  /** Allowed, but worth a look. */
  warnings: readonly Problem[];
}

export interface LoadOptions {
  /** Vendor modules by kind. */
  modules: Modules;
  /** The disk unless given. */
  files?: ConfigurationFiles;
}

/**
 * Loads a configuration from one file, or from the *.yaml files of a folder.
 * @throws InvalidConfiguration (`configuration/invalid`) with every problem, each with file, line and path
 */
export async function loadConfiguration(
  location: string,
  options: LoadOptions,
): Promise<LoadedConfiguration> {
  const { modules, files = diskFiles } = options;
  const sources = await readSources(location, files);
  const report = new Report(sources, configurationJsonSchema(modules));
  // What YAML could not read would only show up again as missing.
  if (report.problems.length > 0) throw new InvalidConfiguration(location, report.problems);
  const draft = await readDraft(sources, { report, modules, files });
  crossCheck(draft, modules, report);
  if (report.problems.length > 0 || draft.hub === undefined) {
    throw new InvalidConfiguration(location, inReadingOrder(report.problems));
  }
  const configuration = complete(draft, draft.hub);
  const tooLarge = stackProblems(configuration);
  if (tooLarge.length > 0) throw new InvalidConfiguration(location, tooLarge);
  return { configuration, warnings: inReadingOrder(report.warnings) };
}

function complete(draft: Draft, hub: Configuration['hub']): Configuration {
  return {
    hub,
    networks: Object.fromEntries(draft.networks),
    clusters: Object.fromEntries(draft.clusters),
    ...(draft.hosts.size === 0 ? {} : { hosts: Object.fromEntries(draft.hosts) }),
    firewalls: Object.fromEntries(draft.firewalls),
    groups: Object.fromEntries(draft.groups),
    ...(draft.delegations.size === 0 ? {} : { delegations: Object.fromEntries(draft.delegations) }),
    ...(draft.approvals === undefined ? {} : { approvals: draft.approvals }),
    ...(draft.quarantine === undefined ? {} : { quarantine: draft.quarantine }),
    ...(draft.ticketSystems.size === 0 ? {} : { ticketSystems: Object.fromEntries(draft.ticketSystems) }),
  };
}

function inReadingOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted(
    (a, b) => (a.file ?? '').localeCompare(b.file ?? '', 'en') || (a.line ?? 0) - (b.line ?? 0),
  );
}
