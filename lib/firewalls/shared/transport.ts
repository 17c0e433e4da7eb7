import { TLSSocket } from 'node:tls';
import { buildConnector, Pool } from 'undici';
import type { DeviceCertificate } from '../../core/firewall.ts';
import { ZonebridgeError } from '../../core/errors.ts';
import type { ManagementSettings } from './settings.ts';

export interface Exchange {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path with query; never holds a credential. */
  target: string;
  body: string | undefined;
  headers: Readonly<Record<string, string>>;
  /** What the answer may not repeat: `exchange` takes it out of the text. */
  secrets: readonly string[];
  timeoutMs: number;
}

export interface Answer {
  status: number;
  text: string;
  /** Names in lower case; may hold credentials, so they go into no log and no error. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** What the device asks for before the next call (`Retry-After` in seconds; a date is not read). */
  retryAfterSeconds?: number | undefined;
}

/** A device as this process knows it, shared by the connections that follow one another. */
export interface Device {
  pool: Pool;
  users: number;
  idleSince: number;
  /** What this process has read already and need not read again, such as the mark of an object. */
  checked: Set<string>;
  /** Shown when the last connection was made. */
  certificate: DeviceCertificate | undefined;
}

/** Connections idle for longer may have been cut by the device or by a paused process: a fresh one is made instead. */
const idleMs = 3_000;
const answerBytesMax = 64 * 1024 * 1024;

const devices = new Map<string, Device>();

/** The device of these settings; its TLS connections survive from one run to the next while they are fresh. `scope`: part of the device. */
export function openDevice(settings: ManagementSettings, scope: string, now: number): Device {
  const key = JSON.stringify([settings.address, settings.port, settings.tlsServerName, settings.ca, scope]);
  const known = devices.get(key);
  if (known && (known.users > 0 || now - known.idleSince < idleMs)) {
    known.users += 1;
    return known;
  }
  if (known) discard(known.pool);
  const pool = createPool(settings, (certificate) => {
    device.certificate = certificate;
  });
  const checked = known?.checked ?? new Set<string>();
  const device: Device = { pool, users: 1, idleSince: now, checked, certificate: known?.certificate };
  devices.set(key, device);
  return device;
}

export function releaseDevice(device: Device, now: number): void {
  device.users -= 1;
  device.idleSince = now;
}

function discard(pool: Pool): void {
  pool.destroy().catch(() => {});
}

function createPool(settings: ManagementSettings, shown: (certificate: DeviceCertificate) => void): Pool {
  const { address, port, ca, tlsServerName, timeoutMs } = settings;
  const host = address.includes(':') ? `[${address}]` : address;
  const connector = buildConnector({
    ca,
    rejectUnauthorized: true,
    // Shorter than the wait for an answer, so that "never sent" can be told from "reply lost".
    timeout: Math.min(5_000, timeoutMs / 2),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
  });
  return new Pool(`https://${host}:${port}`, {
    connections: 2,
    pipelining: 1,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: 60_000,
    maxResponseSize: answerBytesMax,
    connect: (options, callback) =>
      connector(options, (...result) => {
        const certificate = certificateOf(result[1]);
        if (certificate) shown(certificate);
        callback(...result);
      }),
  });
}

/** What the other end of a TLS connection showed; a resumed session may show none. */
export function certificateOf(socket: unknown): DeviceCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { subject, valid_to: validTo } = socket.getPeerCertificate();
  if (!validTo) return undefined;
  return { subject: [subject?.CN ?? 'without name'].flat().join(', '), validTo: Date.parse(validTo) };
}

/** One request and its whole answer. Throws what undici throws; see {@link networkError}. */
export async function exchange(pool: Pool, request: Exchange): Promise<Answer> {
  const { method, target, body, headers, secrets, timeoutMs } = request;
  const response = await pool.request({
    method,
    path: target,
    signal: AbortSignal.timeout(Math.max(1, Math.floor(timeoutMs))),
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const retryAfterSeconds = Number([response.headers['retry-after'] ?? ''].flat()[0]) || undefined;
  let text = await response.body.text();
  // A device or proxy may repeat what it was sent in its error: from here on texts go into logs, errors and rows.
  // Written so that JSON and XML with it can still be read.
  for (const secret of secrets) if (secret !== '') text = text.replaceAll(secret, '[secret]');
  return { status: response.statusCode, text, headers: response.headers, retryAfterSeconds };
}

/** Nothing reached the device, so nothing can have happened there. */
const neverSent = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** `UNSPECIFIED` is what Node 24 calls an issuer that is no authority. */
const certificateCodes =
  /^UNSPECIFIED$|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET|UNABLE_TO_DECRYPT|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE/;

/** Classifies a failure below HTTP. A write whose reply is missing has an unknown outcome. */
export function networkError(error: unknown, call: string, write: boolean): ZonebridgeError {
  const code = errorCode(error);
  const fields = { network: code };
  if (certificateCodes.test(code)) {
    return new ZonebridgeError(
      'firewall/certificate-untrusted',
      `${call}: the certificate is not trusted (${code})`,
      {
        cause: error,
        fields,
      },
    );
  }
  if (neverSent.has(code)) {
    return new ZonebridgeError('firewall/unreachable', `${call}: no connection (${code})`, {
      cause: error,
      fields,
    });
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    const text = `${call}: what answers at this port does not speak TLS (${code})`;
    return new ZonebridgeError('firewall/unexpected-answer', text, { cause: error, fields });
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const text = `${call}: the answer is longer than ${answerBytesMax / 1024 / 1024} MiB`;
    const kind = write ? 'firewall/outcome-unknown' : 'firewall/unexpected-answer';
    return new ZonebridgeError(kind, text, { cause: error, fields });
  }
  const timedOut = code === 'TimeoutError';
  const text = timedOut ? 'no answer in time' : `the connection broke before the answer (${code})`;
  return new ZonebridgeError(
    write ? 'firewall/outcome-unknown' : 'firewall/unreachable',
    `${call}: ${text}`,
    {
      cause: error,
      fields: { ...fields, timedOut },
    },
  );
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return error.name;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
