/** What the secret of a FortiManager holds: an API key, or `<administrator>:<password>` for versions or profiles without keys. */
export type Credential = { key: string } | { user: string; password: string };

/** Assumption: an API key holds no colon; those that FortiManager makes are letters and digits. */
export function parseCredential(text: string): Credential {
  const colon = text.indexOf(':');
  if (colon < 0) return { key: text };
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Says what is wrong with the form of a credential, without repeating it. */
export function checkCredential(text: string): string | undefined {
  if (/[\r\n\t]/.test(text)) return 'a credential of a FortiManager holds no tabs or line ends';
  const parsed = parseCredential(text);
  if ('key' in parsed) {
    if (!/^[\x21-\x7e]{8,256}$/.test(parsed.key))
      return 'an API key has 8 to 256 printable ASCII characters; a user is given as <administrator>:<password>';
    return undefined;
  }
  if (!/^[A-Za-z0-9_.@-]{1,64}$/.test(parsed.user))
    return 'before the colon stands the name of the administrator: 1 to 64 letters, digits, dots, @, - and _';
  return parsed.password.length < 8 || parsed.password.length > 256
    ? 'the password behind the colon has 8 to 256 characters'
    : undefined;
}
