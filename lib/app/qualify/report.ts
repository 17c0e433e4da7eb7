import type { QualifyResult } from './qualify-firewall.ts';

/** The result as a page of Markdown, for the file of evidence. */
export function reportPage(result: QualifyResult): string {
  const { answers, at, channels, firewall, identity, kind, ok } = result;
  const parts = [
    `# Qualification of ${firewall}`,
    `\`${kind}\`, version ${cell(identity.version)}, serial ${cell(identity.serial)}, at ${new Date(at).toISOString()}: **${ok ? 'every promise was kept' : 'not all promises were kept'}**.`,
  ];
  for (const { channel, left, trials } of channels) {
    parts.push(
      `## Channel ${channel}`,
      '| promise | result | seen | calls | bytes | ms |\n|---|---|---|---|---|---|',
    );
    const rows = trials.map(
      ({ bytes, calls, milliseconds, promise, seen, state }) =>
        `| ${promise} | ${state} | ${cell(seen)} | ${calls} | ${bytes} | ${milliseconds} |`,
    );
    parts[parts.length - 1] += `\n${rows.join('\n')}`;
    if (left.length > 0)
      parts.push(`Left on the device, to be removed by hand: ${left.map(cell).join(', ')}`);
  }
  if (answers.length > 0) {
    const rows = answers.map(({ assumption, seen, state }) => `| ${assumption} | ${state} | ${cell(seen)} |`);
    parts.push(
      '## What no source tells',
      `| assumption | on this device | seen |\n|---|---|---|\n${rows.join('\n')}`,
    );
  }
  return `${parts.join('\n\n')}\n`;
}

/** Text of a device in a table: nothing of it is markup. */
function cell(text: string): string {
  return text.replaceAll(/[|\\`*_<>[\]]/g, (sign) => `\\${sign}`).replaceAll(/\s+/g, ' ');
}
