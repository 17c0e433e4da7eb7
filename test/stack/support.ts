import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { afterAll } from 'vitest';
import type { Configuration } from '../../lib/app/configuration/model.ts';
import { modules } from '../../lib/app/compose-modules.ts';
import type { Modules } from '../../lib/app/configuration/json-schema.ts';
import { buildStacks } from '../../lib/cdk/build-stacks.ts';

const fixtureHandler = fileURLToPath(new URL('fixtures/handler.ts', import.meta.url));

const outdirs: string[] = [];
afterAll(() => {
  for (const outdir of outdirs) rmSync(outdir, { recursive: true, force: true });
});

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
}

export interface StackTemplate {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown; Description?: string }>;
}

/** The app as the command line would make it, with the flags of cdk.json; nothing is bundled unless asked for. */
export function makeApp(more: Record<string, unknown> = {}): App {
  const file = new URL('../../cdk.json', import.meta.url);
  const { context } = JSON.parse(readFileSync(file, 'utf8')) as { context: Record<string, unknown> };
  const outdir = mkdtempSync(join(tmpdir(), 'zonebridge-stack-'));
  outdirs.push(outdir);
  return new App({ context: { ...context, 'aws:cdk:bundling-stacks': [], ...more }, outdir });
}

/** Builds and synthesises all stacks, checks of the security rules included. */
export function assemble(
  configuration: Configuration,
  options: { context?: Record<string, unknown>; entry?: string; modules?: Modules } = {},
): CloudAssembly {
  const app = makeApp(options.context);
  const handlerEntry = () => options.entry ?? fixtureHandler;
  buildStacks(app, { configuration, modules: options.modules ?? modules, handlerEntry });
  return app.synth();
}

/** Templates by stack name. */
export function synthesise(
  configuration: Configuration,
  context: Record<string, unknown> = {},
  more: { modules?: Modules } = {},
): Map<string, StackTemplate> {
  const assembly = assemble(configuration, { context, ...more });
  return new Map(assembly.stacks.map((stack) => [stack.stackName, stack.template as StackTemplate]));
}

export function templateOf(templates: ReadonlyMap<string, StackTemplate>, stackName: string): StackTemplate {
  const found = templates.get(stackName);
  if (!found) throw new Error(`no stack ${stackName}, there are: ${[...templates.keys()].join(', ')}`);
  return found;
}

export function ofType(template: StackTemplate, type: string): Record<string, Resource> {
  return Object.fromEntries(
    Object.entries(template.Resources).filter(([, resource]) => resource.Type === type),
  );
}

/**
 * A value with references in a readable form: `@Ingest.Queue` for what belongs to the construct of that logical id, the
 * hash at its end left out.
 */
export function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  const attribute = record['Fn::GetAtt'];
  if (Array.isArray(attribute)) return `@${plain(String(attribute[0]))}`;
  if (typeof record['Ref'] === 'string') return `@${plain(record['Ref'])}`;
  return Object.fromEntries(Object.entries(record).map(([key, inner]) => [key, readable(inner)]));
}

/** A logical id without its hash. */
export function plain(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

export function isStack(construct: unknown): construct is Stack {
  return construct instanceof Stack;
}
