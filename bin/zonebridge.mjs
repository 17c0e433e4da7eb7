#!/usr/bin/env node
// Starts zonebridge.ts with the Node 24 that came with the packages, whatever Node the machine has.
// Plain JavaScript: this is read by the machine's own Node.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const node = fileURLToPath(new URL('node_modules/node/bin/node', root));
const script = fileURLToPath(new URL('bin/zonebridge.ts', root));

if (!existsSync(node)) {
  console.error(`zonebridge: the packages are not installed; run \`npm ci\` in ${fileURLToPath(root)}`);
  process.exitCode = 1;
} else if (realpathSync(process.execPath) === realpathSync(node)) {
  await import('./zonebridge.ts');
} else {
  const child = spawn(node, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C on a terminal reaches the child without our help, and a second one would cut its cleaning up short.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  child.on('error', (error) => {
    console.error(`zonebridge: cannot start ${node}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}
