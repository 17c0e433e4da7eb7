import { randomBytes } from 'node:crypto';
import { header } from '../../../simulators/http.ts';
import type { ApiRequest } from '../../../simulators/http.ts';
import { Refusal } from './answer.ts';

/** Categories of the XML interface that a role switches on or off; `config` means reading and writing. */
export type XmlRight = 'config' | 'op' | 'user-id' | 'commit';

export interface Administrator {
  name: string;
  password: string;
  xml: XmlRight[];
  /** For all resources of the REST interface alike. */
  rest: 'enable' | 'read-only' | 'disable';
}

export const invalidCredentials = 'Invalid credentials.';

/** Administrators and their keys. */
export class Gate {
  readonly administrators = new Map<string, Administrator>();
  readonly #keys = new Map<string, string>();

  add(administrator: Administrator): string {
    this.administrators.set(administrator.name, administrator);
    return this.makeKey(administrator.name);
  }

  /** Another key of an administrator. Assumption: earlier ones stay valid; sources contradict one another. */
  makeKey(name: string): string {
    // Ends in two signs that a form has to carry raw or encoded, as real keys do.
    const key = `${randomBytes(48).toString('hex')}==`;
    this.#keys.set(key, name);
    return key;
  }

  /** "Expire all API keys". */
  expireKeys(): void {
    this.#keys.clear();
  }

  login(user: string, password: string): Administrator {
    const found = this.administrators.get(user);
    if (!found || found.password !== password) throw new Refusal(403, invalidCredentials);
    return found;
  }

  /** By header, by parameter `key`, or by HTTP Basic. Throws a Refusal. */
  admit(request: ApiRequest, parameters: URLSearchParams): Administrator {
    const key = header(request, 'x-pan-key') || parameters.get('key');
    if (key) {
      const found = this.administrators.get(this.#keys.get(key) ?? '');
      if (!found) throw new Refusal(403, invalidCredentials);
      return found;
    }
    const basic = /^Basic (.+)$/i.exec(header(request, 'authorization'))?.[1];
    const [user = '', ...password] = Buffer.from(basic ?? '', 'base64')
      .toString('utf8')
      .split(':');
    return this.login(user, password.join(':'));
  }

  /** True when the header names any key that is valid. */
  holdsKey(request: ApiRequest): boolean {
    return this.#keys.has(header(request, 'x-pan-key'));
  }
}
