import { Command } from 'commander';
import { type Cli, examples } from '../cli.ts';

export function schemaCommand(cli: Cli): Command {
  return new Command('schema')
    .summary('print the JSON Schema of the configuration')
    .description(
      'Prints the JSON Schema of zonebridge.yaml, with the fields of all firewall types, for editors that complete and check while you type.',
    )
    .addHelpText(
      'after',
      examples(
        ['zonebridge schema > zonebridge.schema.json', 'store it beside the configuration'],
        [
          "sed -i '1i # yaml-language-server: $schema=zonebridge.schema.json' zonebridge.yaml",
          'tell an editor with the YAML language server about it',
        ],
      ),
    )
    .action(() => printSchema(cli));
}

async function printSchema(cli: Cli): Promise<void> {
  const { configurationJsonSchema } = await import('../../app/configuration/json-schema.ts');
  const { modules } = await import('../../app/compose-modules.ts');
  cli.io.stdout.write(`${JSON.stringify(configurationJsonSchema(modules), undefined, 2)}\n`);
}
