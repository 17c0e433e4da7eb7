import { isIP } from 'node:net';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { quoted } from '../../core/model/quoted.ts';
import type { Finding } from './finding.ts';
import { plainValue } from './objects.ts';
import { controllerNamespace, type Value } from './settings.ts';
import { each, fields as knownFields, findingsOf, untold } from './untold.ts';

/** A firewall or manager of the former tool. */
export interface Device {
  kind: 'fortigate' | 'fortimanager';
  /** As the former tool calls it. */
  name: string;
  address: string;
  port: number | undefined;
  /** VDOM or ADOM; undefined where the entry of an older release had none. */
  scope: string | undefined;
  /** Secret that holds its credential; its value is never read. */
  secret: { namespace: string; name: string; key: string } | undefined;
  place: string;
}

const reference = z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) });
const entry = z.looseObject({
  name: z.string().min(1),
  ip: z.string().min(1),
  vdom: z.string().min(1).nullish(),
  adom: z.string().min(1).nullish(),
});

interface Form {
  kind: Device['kind'];
  scope: 'vdom' | 'adom';
  credential: 'apikey' | 'password';
  /** Fields that say nothing that we need. */
  others: readonly string[];
}

const forms = {
  fortigate: { kind: 'fortigate', scope: 'vdom', credential: 'apikey', others: [] },
  fortimanager: { kind: 'fortimanager', scope: 'adom', credential: 'password', others: ['username'] },
} as const satisfies Record<string, Form>;

/** The devices of one setting, which holds a YAML list as text; an empty one, or comments alone, is no device. Values are never shown: they may be secrets. */
export function readDevices(kind: Device['kind'], value: Value | undefined, findings: Finding[]): Device[] {
  const form: Form = forms[kind];
  const devices: Device[] = [];
  for (const [index, item] of listOf(value, findings).entries()) {
    const place = `${value?.place ?? ''}, entry ${index + 1}`;
    const parsed = entry.safeParse(item);
    if (!parsed.success) {
      findings.push({
        place,
        what: 'a device',
        reason: 'it lacks `name` or `ip`, or one of its fields is no text',
      });
      continue;
    }
    const device = deviceOf(form, parsed.data, place, findings);
    if (device) devices.push(device);
  }
  return devices;
}

function listOf(value: Value | undefined, findings: Finding[]): unknown[] {
  if (!value) return [];
  const document = parseDocument(value.text, { prettyErrors: false, stringKeys: true });
  const list = document.errors.length > 0 ? undefined : plainValue(document);
  if (list === null) return [];
  if (Array.isArray(list)) return list as unknown[];
  findings.push({ place: value.place, what: 'a list of devices', reason: 'its text is no list in YAML' });
  return [];
}

function deviceOf(
  form: Form,
  fields: z.output<typeof entry>,
  place: string,
  findings: Finding[],
): Device | undefined {
  const { kind, scope, credential, others } = form;
  const what = `device ${quoted(fields.name)}`;
  const host = hostOf(fields.ip);
  if (!host) {
    findings.push({
      place,
      what,
      reason: `its ip ${quoted(fields.ip)} is neither an address nor a host name`,
    });
    return undefined;
  }
  const known = knownFields({
    ...each(['name', 'ip', scope, ...others].join(' ')),
    // A text in its place is a credential, of which more is said below.
    [credential]: { ...knownFields({ secretKeyRef: knownFields(each('name key')) }), texts: true },
  });
  findings.push(...findingsOf(untold(fields, known), place, what));
  const secret = reference.safeParse(fields[credential]).data?.secretKeyRef;
  if (!secret)
    findings.push({
      place,
      what: `${what}, ${credential}`,
      reason: 'it names no Secret; a credential is never copied',
    });
  return {
    kind,
    name: fields.name,
    ...host,
    scope: fields[scope] ?? undefined,
    secret: secret && { namespace: controllerNamespace, ...secret },
    place,
  };
}

/** `10.0.0.1`, `fw.example.com`, each perhaps with a port behind a colon. */
function hostOf(text: string): { address: string; port: number | undefined } | undefined {
  const trimmed = text.trim();
  if (isIP(trimmed) !== 0) return { address: trimmed, port: undefined };
  const match = /^([A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?$/.exec(trimmed);
  const [, address = '', port] = match ?? [];
  if (!match || (/^[\d.]+$/.test(address) && isIP(address) === 0)) return undefined;
  return { address, port: port === undefined ? undefined : Number(port) };
}
