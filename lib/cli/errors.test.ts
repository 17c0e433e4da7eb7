import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { errorCodes } from '../core/error-codes.ts';
import { type ErrorCode, ZonebridgeError } from '../core/errors.ts';
import { reportError } from './errors.ts';
import { exitCodeOf } from './exit-codes.ts';
import { Output } from './output.ts';

function report(error: unknown, json = false) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = { stdin: new PassThrough(), stdout, stderr, cwd: '/', env: {}, signals: stdout };
  const code = reportError(error, io, new Output(io, json));
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

test.each([
  ['configuration/invalid', 2],
  ['command/usage', 2],
  ['selector/invalid', 2],
  ['firewall/unreachable', 4],
  ['store/unavailable', 4],
  ['hub/unreachable', 4],
  ['firewall/credentials-rejected', 1],
  ['configuration/missing', 1],
] as const)('%s is exit code %i', (code, exit) => {
  expect(report(new ZonebridgeError(code, 'seen')).code).toBe(exit);
});

test('every code has an exit code that means failure', () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) expect([1, 2, 4]).toContain(exitCodeOf(code));
});

test('an error says code, what was seen and what to do', () => {
  const { stdout, stderr } = report(new ZonebridgeError('secret/missing', 'no secret for edge-1'));
  expect(stdout).toBe('');
  expect(stderr).toBe(
    `error secret/missing: no secret for edge-1\nWhat to do: ${errorCodes['secret/missing'][1]}\n`,
  );
});

test('with --json the error is the object', () => {
  const { stdout, stderr } = report(
    new ZonebridgeError('secret/missing', 'none', { fields: { firewall: 'edge-1' } }),
    true,
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    error: { code: 'secret/missing', fields: { firewall: 'edge-1' } },
  });
});

test('something unexpected is exit code 1 with everything that helps to find it', () => {
  const { code, stderr } = report(new TypeError('boom'));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^unexpected error: TypeError: boom\n {4}at /);
  expect(JSON.parse(report('thrown text', true).stdout)).toMatchObject({
    ok: false,
    error: { code: 'unexpected' },
  });
});
