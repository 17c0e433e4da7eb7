import { randomBytes } from 'node:crypto';
import { answerAdministration } from '../../../simulators/administration.ts';
import { type Running, SimulatorFrame, type StartOptions } from '../../../simulators/frame.ts';
import { administration } from './administration.ts';
import { answerApi, isRead, urlOf } from './api.ts';
import { type Fault, faultSchema } from './faults.ts';
import { Region } from './region.ts';
import type { Key } from './signature.ts';

export interface SimulatorOptions extends StartOptions {
  account?: string | undefined;
  region?: string | undefined;
  /** How long a change is in progress; at once unless given. */
  modifyMs?: number | undefined;
}

export interface PrefixListSimulator extends Running<Fault> {
  key: Key;
  /** Everything inside, for tests that run in the same process. */
  region: Region;
}

/** Only reads can be stale, only changes be slow or fail in the end. */
function fits(kind: Fault['kind'], read: boolean): boolean {
  if (kind === 'stale') return read;
  return (kind !== 'slow' && kind !== 'change-fails') || !read;
}

/** Starts EC2 on 127.0.0.1, as far as prefix lists need it. Throws RangeError for options or files that do not fit. */
export async function startPrefixListSimulator(options: SimulatorOptions = {}): Promise<PrefixListSimulator> {
  const { account = '111122223333', region: name = 'eu-central-1', modifyMs = 0 } = options;
  if (!/^\d{12}$/.test(account))
    throw new RangeError(`An account has 12 digits, not ${JSON.stringify(account)}.`);
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(name)) throw new RangeError(`${JSON.stringify(name)} is no region.`);
  if (!(modifyMs >= 0)) throw new RangeError('A change takes a number of milliseconds.');
  const region = new Region({
    account,
    region: name,
    modifyMs,
    limits: { lists: 100, entries: 1_000 },
    closed: false,
  });
  const key = {
    accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
  const frozen = new Map<string, Region>();
  const frame = await SimulatorFrame.start<Fault>({
    ...options,
    name: 'EC2 simulator',
    faultSchema,
    patternOf: (path) => path,
    urlOf,
    handle: (request, faults) => answerApi(request, { region, key, frozen }, faults),
    administer: (request, self) => answerAdministration(request, self, administration(region, key)),
    fits: ({ kind }, request) => fits(kind, isRead(urlOf(request))),
    added: ({ kind, id }) => void (kind === 'stale' && frozen.set(id, region.copy())),
  });
  return {
    ...frame.running(),
    key,
    region,
  };
}
