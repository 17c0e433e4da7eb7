import type { Gate } from './access.ts';
import { jsonAnswer, pageAnswer } from '../../../simulators/http.ts';
import type { ApiAnswer, ApiRequest } from '../../../simulators/http.ts';
import { isObject, textOf } from './refusal.ts';
import type { JsonObject } from './refusal.ts';
import type { Settings } from './settings.ts';
import { isAtLeast } from './version.ts';

/** `/logincheck`, `/logout` and `/api/v2/authentication`; undefined for other paths. */
export function answerLogin(request: ApiRequest, gate: Gate, settings: Settings): ApiAnswer | undefined {
  switch (request.path.replace(/\/+$/, '')) {
    case '/logincheck':
      return request.method === 'POST' ? checkForm(request, gate, settings) : pageAnswer(200, 'Login');
    case '/logout':
      gate.logOut(request);
      return { ...pageAnswer(200, 'Logged out'), headers: { 'set-cookie': expiredCookies } };
    case '/api/v2/authentication':
      return authenticate(request, gate, settings);
    default:
      return undefined;
  }
}

const expiredCookies = [
  'APSCOOKIE_443=""; Path=/; Max-Age=0; Secure',
  'ccsrftoken=""; Path=/; Max-Age=0; Secure',
];

/** First byte of the answer: 1 success, 0 failure; JSON from 7.6.3. Assumption: `status` there has the same two values. */
function checkForm(request: ApiRequest, gate: Gate, settings: Settings): ApiAnswer {
  const form = new URLSearchParams(request.body);
  const session = gate.logIn(form.get('username') ?? '', form.get('secretkey') ?? '');
  const digit = session === undefined ? 0 : 1;
  const headers = session === undefined ? {} : { 'set-cookie': cookies(session, settings) };
  if (isAtLeast(settings.version, '7.6.3')) {
    const answer = jsonAnswer(200, { status: digit });
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
  return {
    status: 200,
    headers: { 'content-type': 'text/html', ...headers },
    body: digit === 1 ? '1document.location="/ng/";' : '0',
  };
}

/** Status code 5 (6 from 7.6.3) is success, -1 failure. */
function authenticate(request: ApiRequest, gate: Gate, settings: Settings): ApiAnswer {
  if (request.method === 'DELETE') {
    gate.logOut(request);
    return jsonAnswer(200, { status_code: 0, status_message: 'LOGOUT_SUCCESS' });
  }
  if (request.method !== 'POST') {
    return jsonAnswer(405, { status_code: -1 });
  }
  const { username, password, secretkey } = readObject(request.body);
  const session = gate.logIn(textOf(username), textOf(password ?? secretkey));
  if (session === undefined) {
    return jsonAnswer(200, { status_code: -1, status_message: 'LOGIN_FAILED' });
  }
  const code = isAtLeast(settings.version, '7.6.3') ? 6 : 5;
  const answer = jsonAnswer(200, { status_code: code, status_message: 'LOGIN_SUCCESS' });
  return { ...answer, headers: { ...answer.headers, 'set-cookie': cookies(session, settings) } };
}

function readObject(body: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function cookies(session: { cookie: string; csrfToken: string }, settings: Settings): string[] {
  const csrfName = isAtLeast(settings.version, '7.6.3') ? 'ccsrf_token_443' : 'ccsrftoken';
  return [
    `APSCOOKIE_443="${session.cookie}"; Path=/; Secure; HttpOnly; SameSite=Strict`,
    `${csrfName}="${session.csrfToken}"; Path=/; Secure; SameSite=Strict`,
  ];
}
