import { expect, test } from 'vitest';
import { runCli } from '../test-io.ts';

const ask = (selector: unknown, labels: unknown = {}) => JSON.stringify({ selector, labels });

test('one answer per line, in order, errors included', async () => {
  const stdin = [
    ask("app == 'shop'", { app: 'shop' }),
    ask("app == 'shop'", { app: 'bank' }),
    'no json',
    '',
    ask({ matchLabels: { app: 'shop' } }, { app: 'shop' }),
    ask("app = 'shop'"),
  ].join('\n');
  const { code, stdout } = await runCli(['selector', 'test'], { stdin });
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'true',
    'false',
    expect.stringMatching(/^error: /),
    expect.stringMatching(/^error: /),
    'true',
    expect.stringMatching(/^error: at character 5/),
    '',
  ]);
});

test('nothing asked, nothing answered', async () => {
  expect(await runCli(['selector', 'test'])).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('many questions', async () => {
  const questions = Array.from({ length: 20_000 }, (_, n) => ask(`has(a${n % 3})`, { a0: '' }));
  const { stdout } = await runCli(['selector', 'test'], { stdin: `${questions.join('\r\n')}\r\n` });
  const answers = stdout.trimEnd().split('\n');
  expect(answers.length).toBe(20_000);
  expect(answers.slice(0, 4)).toEqual(['true', 'false', 'false', 'true']);
});
