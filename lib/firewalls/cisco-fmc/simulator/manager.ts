import { randomBytes } from 'node:crypto';
import { CommitLog } from '../../../simulators/commit-log.ts';
import { Domain, globalDomain } from './domain.ts';
import type { Settings } from './settings.ts';
import { type Release, requestsPerMinute } from './version.ts';

/** A deployment that was asked for. */
export interface Deployment {
  id: string;
  /** Milliseconds since 1970. */
  since: number;
  user: string;
  note: string;
}

/** The manager: domains, settings and the log of what was accepted. Knows no HTTP. */
export class Manager {
  readonly settings: Settings;
  readonly domains = new Map<string, Domain>();
  /** Also what its audit shows. `what`: such as `POST object/dynamicobjectmappings`. */
  readonly commits = new CommitLog<{ domain: string; what: string; user: string; source: string }>();
  /** Oldest first. */
  readonly deployments: Deployment[] = [];
  readonly #prefix = randomBytes(5).toString('hex');
  #nextId = 4_294_967_296;

  constructor(settings: Settings, subdomains: readonly string[] = []) {
    this.settings = settings;
    this.#add(globalDomain, 'Global');
    for (const name of subdomains) this.#add(crypto.randomUUID(), `Global/${name}`);
  }

  #add(uuid: string, name: string): void {
    this.domains.set(uuid, new Domain(uuid, name));
  }

  /** The same manager with domains of their own. */
  copy(): Manager {
    const copy = new Manager(this.settings);
    for (const [uuid, domain] of this.domains) copy.domains.set(uuid, domain.copy());
    return copy;
  }

  get global(): Domain {
    return this.domain(globalDomain);
  }

  /** A domain that exists; throws RangeError. */
  domain(uuid: string): Domain {
    const domain = this.domains.get(uuid);
    if (!domain) throw new RangeError(`there is no domain ${uuid}`);
    return domain;
  }

  /** Another release on the same machine. Its limit of requests comes with it, unless another one was set. */
  become(release: Release): void {
    const { settings } = this;
    const usual = settings.limits.requestsPerMinute === requestsPerMinute(settings.release);
    if (usual) settings.limits.requestsPerMinute = requestsPerMinute(release);
    settings.release = release;
  }

  isUnderWay({ since }: Deployment): boolean {
    return Date.now() - since < this.settings.deploymentMilliseconds;
  }

  get isDeploying(): boolean {
    const last = this.deployments.at(-1);
    return last !== undefined && this.isUnderWay(last);
  }

  /** Ids of the form that an FMC gives. */
  newId(): string {
    this.#nextId += 1;
    const [a, b] = [this.#prefix.slice(0, 8), this.#prefix.slice(8)];
    return `${a}-${b}00-0ed3-0000-${String(this.#nextId).padStart(12, '0')}`;
  }
}
