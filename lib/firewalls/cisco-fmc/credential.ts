/** What the secret of an FMC holds: `<user>:<password>`, or for the one in the cloud the API token alone. */
export type Credential = { user: string; password: string } | { token: string };

/** A token of the cloud is a JSON web token, which holds no colon. */
export function parseCredential(text: string): Credential {
  const colon = text.indexOf(':');
  if (colon < 0) return { token: text };
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Says what is wrong with the form of a credential, without repeating it. */
export function checkCredential(text: string): string | undefined {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'it holds control characters or line ends';
  const credential = parseCredential(text);
  if ('token' in credential) {
    if (/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(text)) return undefined;
    return 'it is `<user>:<password>`, or for the manager in the cloud an API token of three parts with dots between';
  }
  if (!/^[\x21-\x39\x3b-\x7e]{1,64}$/.test(credential.user))
    return 'before the colon stands the user: 1 to 64 printable ASCII characters without blanks';
  if (credential.password.length < 8 || credential.password.length > 128)
    return 'behind the colon stands a password of 8 to 128 characters';
  return undefined;
}
