import { z } from 'zod';

const password = z
  .string()
  .regex(/^[\x21-\x7e]{16,128}$/, 'has 16 to 128 printable characters without blanks');

/** What the secret of an entry holds: the password of each reader, or two while one follows the other. `{}` without any. */
const passwords = z.record(
  z.string(),
  z.union([password, z.tuple([password, password]).readonly()], {
    error: 'is a password of 16 to 128 printable characters without blanks, or a list of two',
  }),
);

/** Passwords that count, by reader. Throws what zod throws for a text that {@link checkCredential} refuses. */
export function readPasswords(credential: string): ReadonlyMap<string, readonly string[]> {
  const parsed = passwords.parse(JSON.parse(credential));
  return new Map(
    Object.entries(parsed).map(([reader, one]) => [reader, typeof one === 'string' ? [one] : one]),
  );
}

/** Says what is wrong with the form, without repeating a password. */
export function checkCredential(credential: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(credential);
  } catch {
    return 'it is no JSON such as {"edge-1": "<password>"}, or {} when no reader has a password';
  }
  const parsed = passwords.safeParse(value);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  const reader = issue?.path[0];
  return reader === undefined
    ? 'a JSON map of readers and passwords is expected'
    : `${JSON.stringify(String(reader).slice(0, 40))} ${issue?.message ?? 'is no password'}`;
}
