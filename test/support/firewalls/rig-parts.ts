import type { FirewallModule } from '../../../lib/core/firewall.ts';
import { firewallModule } from '../../../lib/firewalls/registry.ts';
import { makeServerCertificate } from '../../../lib/simulators/certificates.ts';
import type { RequestCount } from '../../../lib/simulators/request-log.ts';
import { closedPort } from './closed-port.ts';
import type { Counted, Rig, Trouble } from './rig.ts';

export function registered(kind: string): FirewallModule {
  const module = firewallModule(kind);
  if (!module) throw new Error('the registry does not list this vendor');
  return module;
}

/** The settings of a simulator, and the same ones gone wrong; `nowhere` names a scope that does not exist. */
export function settingsAndWrongOnes(
  settings: Record<string, unknown>,
  nowhere: Record<string, unknown>,
): Pick<Rig, 'settings' | 'unreachable' | 'untrusted' | 'missingScope'> {
  return {
    settings,
    unreachable: async () => ({ ...settings, port: await closedPort() }),
    untrusted: async () => ({ ...settings, ca: (await makeServerCertificate('somebody else')).ca }),
    missingScope: () => ({ ...settings, ...nowhere }),
  };
}

/** Requests that a simulator has seen; logins do not count. */
export function countRequests(
  requests: readonly RequestCount[],
  { isRead, isLogin }: { isRead: (one: RequestCount) => boolean; isLogin?: (one: RequestCount) => boolean },
): Counted {
  const sum = { reads: 0, writes: 0 };
  for (const one of requests) {
    if (isLogin?.(one)) continue;
    sum[isRead(one) ? 'reads' : 'writes'] += one.count;
  }
  return sum;
}

/** Matches requests in the way that faults do. */
interface Requests {
  method?: string;
  path?: string;
}

/** How a simulator makes the troubles that all vendors have. */
interface Troublemaker {
  faults: { add(fault: unknown): unknown };
  /** Requests that make a change effective, and those that look. */
  writes: Requests;
  reads: Requests;
  /** Requests that a refusal concerns; all when absent. */
  refused?: Requests;
  /** The fault that says that we ask too much; `throttle` unless given. */
  tooMuch?: string;
  /** No room for more entries. */
  fill(): void;
}

export function troubleOf({ faults, ...own }: Troublemaker): Rig['trouble'] {
  const { writes, reads, refused, tooMuch } = own;
  const make: Readonly<Record<Trouble, () => unknown>> = {
    'reply lost': () => faults.add({ kind: 'drop-after-commit', ...writes, times: 1 }),
    'read cut': () => faults.add({ kind: 'drop', ...reads, times: 1 }),
    unauthorized: () => faults.add({ kind: 'unauthorized', ...refused }),
    forbidden: () => faults.add({ kind: 'forbidden', ...refused }),
    throttled: () => faults.add({ kind: tooMuch ?? 'throttle' }),
    page: () => faults.add({ kind: 'login-page' }),
    full: () => own.fill(),
  };
  return (kind) => void make[kind]();
}
