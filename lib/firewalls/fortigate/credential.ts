/** What the secret of a FortiGate holds: `<token>`, or `<API administrator>:<token>`, which rotation needs to know whose key it is. */
export interface Credential {
  user: string | undefined;
  token: string;
}

/** Assumption: a token holds no colon; those that FortiOS makes are letters and digits. */
export function parseCredential(text: string): Credential {
  const colon = text.indexOf(':');
  if (colon < 0) return { user: undefined, token: text };
  return { user: text.slice(0, colon), token: text.slice(colon + 1) };
}

export function formatCredential(user: string, token: string): string {
  return `${user}:${token}`;
}

/** Says what is wrong with the form of a credential, without repeating it. */
export function checkCredential(text: string): string | undefined {
  if (/\s/.test(text)) return 'an API token holds no blanks or line ends';
  if (!/^[\x21-\x7e]*$/.test(text)) return 'an API token holds printable ASCII characters only';
  const { user, token } = parseCredential(text);
  if (user !== undefined && !/^[A-Za-z0-9_.-]{1,35}$/.test(user))
    return 'before the colon stands the name of the API administrator: 1 to 35 letters, digits, dots, - and _';
  if (token.length < 8 || token.length > 128) return 'an API token has 8 to 128 characters';
  return undefined;
}
