import { randomUUID } from 'node:crypto';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';

interface Version {
  value: string;
  stages: Set<string>;
}

/** Secrets Manager in memory, as far as this product calls it: versions, and labels that each lie on one version. */
export class MemorySecretsManager {
  readonly secrets = new Map<string, Map<string, Version>>();
  readonly rotationsAsked: string[] = [];
  /** Runs before each call. */
  beforeCall: ((command: string) => Promise<void>) | undefined;

  constructor(names: readonly string[]) {
    for (const name of names) this.secrets.set(name, new Map());
  }

  /** What the SDK's client does with a command; nothing else of it is used. */
  get client(): SecretsManagerClient {
    return { send: (command: object) => this.#send(command) } as unknown as SecretsManagerClient;
  }

  valueOf(name: string, stage: string): string | undefined {
    return [...(this.secrets.get(name)?.values() ?? [])].find(({ stages }) => stages.has(stage))?.value;
  }

  async #send(command: object): Promise<unknown> {
    await this.beforeCall?.(command.constructor.name);
    if (command instanceof GetSecretValueCommand) {
      const value = this.valueOf(command.input.SecretId ?? '', command.input.VersionStage ?? 'AWSCURRENT');
      if (value === undefined) throw notFound();
      return { SecretString: value };
    }
    if (command instanceof PutSecretValueCommand) return this.#put(command.input);
    if (command instanceof DescribeSecretCommand) return this.#describe(command.input.SecretId);
    if (command instanceof UpdateSecretVersionStageCommand) return this.#relabel(command.input);
    if (command instanceof RotateSecretCommand) {
      this.rotationsAsked.push(command.input.SecretId ?? '');
      return {};
    }
    throw new TypeError(`${command.constructor.name} is not known here`);
  }

  #put(input: PutSecretValueCommand['input']): object {
    const { SecretId = '', SecretString = '', ClientRequestToken, VersionStages } = input;
    const versions = this.#versions(SecretId);
    const id = ClientRequestToken ?? randomUUID();
    if (id.length < 32 || id.length > 64) throw new RangeError('a version has 32 to 64 characters');
    if (!versions.has(id)) versions.set(id, { value: SecretString, stages: new Set() });
    for (const stage of VersionStages ?? ['AWSCURRENT']) move(versions, stage, id);
    return {};
  }

  #describe(name = ''): object {
    const versions = [...this.#versions(name)];
    return { VersionIdsToStages: Object.fromEntries(versions.map(([id, { stages }]) => [id, [...stages]])) };
  }

  #relabel(input: UpdateSecretVersionStageCommand['input']): object {
    const { SecretId = '', VersionStage = '', MoveToVersionId = '' } = input;
    const versions = this.#versions(SecretId);
    if (!versions.has(MoveToVersionId)) throw notFound();
    move(versions, VersionStage, MoveToVersionId);
    return {};
  }

  #versions(name: string): Map<string, Version> {
    const found = this.secrets.get(name);
    if (!found) throw notFound();
    return found;
  }
}

/** Moving AWSCURRENT leaves AWSPREVIOUS on the version that had it. */
function move(versions: Map<string, Version>, stage: string, to: string): void {
  for (const [id, version] of versions) {
    if (!version.stages.delete(stage) || id === to || stage !== 'AWSCURRENT') continue;
    for (const other of versions.values()) other.stages.delete('AWSPREVIOUS');
    version.stages.add('AWSPREVIOUS');
  }
  versions.get(to)?.stages.add(stage);
}

function notFound(): Error {
  return Object.assign(new Error('not found'), { name: 'ResourceNotFoundException' });
}
