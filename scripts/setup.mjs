// Installs the pinned packages when they are missing or older than the lock file.
// Plain JavaScript: it must run on the Node that the machine has, before Node 24 is here.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const installedMark = new URL('node_modules/.zonebridge-lock', root);
const lock = readFileSync(new URL('package-lock.json', root), 'utf8');

const upToDate = existsSync(installedMark) && readFileSync(installedMark, 'utf8') === lock;
if (!upToDate) {
  console.error('zonebridge: installing the pinned packages (npm ci), about half a minute ...');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  const { writeFileSync } = await import('node:fs');
  writeFileSync(installedMark, lock);
}
