import { ZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, DeviceCertificate, DeviceIdentity } from '../../core/firewall.ts';
import { admit } from '../shared/admission.ts';
import { repeatRead } from '../shared/repeat-read.ts';
import type { Answer, Device, Exchange } from '../shared/transport.ts';
import { exchange, networkError, openDevice, releaseDevice } from '../shared/transport.ts';
import { type Asked, type Envelope, readEnvelope } from './envelope.ts';
import { activeUnit, stateCommand, type Unit } from './high-availability.ts';
import { type PanoramaSettings, scopeOf } from './schema.ts';
import { type Element, formatXml, textAt, xml } from './xml.ts';

type Parameters = Readonly<Record<string, string | undefined>>;

/** Where a call goes: with `target` the Panorama hands it on to a managed firewall. */
type Place = 'device' | 'target';

interface Call {
  /** For messages, without values. */
  name: string;
  write: boolean;
  method: Exchange['method'];
  path: string;
  parameters?: Parameters;
  accepts?: Asked['accepts'];
}

/**
 * Speaks the XML interface of PAN-OS: POST with a form, the key in the header `X-PAN-KEY` alone, deadline, budget, bounded retries of
 * reads. A write is sent once; when its reply is lost the error is `firewall/outcome-unknown`. A call for a managed firewall that is a pair
 * goes to the unit that is active; which one that is stays until {@link forgetUnit}, so that nobody reads half of two tables.
 */
export class PanoramaClient {
  readonly settings: PanoramaSettings;
  readonly #request: ConnectionRequest<PanoramaSettings>;
  readonly #device: Device;
  readonly #usage = { calls: 0, writes: 0, bytesSent: 0, bytesReceived: 0 };
  #identity: DeviceIdentity | undefined;
  #unit: Unit | undefined;
  #restBranch: string | undefined;
  #closed = false;

  constructor(request: ConnectionRequest<PanoramaSettings>) {
    this.#request = request;
    this.settings = request.settings;
    this.#device = openDevice(request.settings, scopeOf(request.settings), request.clock.now());
  }

  /** An operational command, only such as read. */
  async op(command: Element, place: Place = 'target'): Promise<Envelope> {
    return await this.#op(command, await this.#scope(place));
  }

  async #op(command: Element, scope: Parameters): Promise<Envelope> {
    const name = `op ${pathOf(command)}`;
    const parameters = { type: 'op', cmd: formatXml(command), ...scope };
    return await repeatRead(
      this.#request.clock,
      async () => await this.#xml({ name, write: false }, parameters),
    );
  }

  /** A message to User-ID, which registers and unregisters tags. `accepts`: refusals that name single entries. */
  async userId(message: Element, accepts: Asked['accepts']): Promise<Envelope> {
    const parameters = { type: 'user-id', cmd: formatXml(message), ...(await this.#scope('target')) };
    return await this.#xml({ name: 'user-id update', write: true, accepts }, parameters);
  }

  /** A read of the candidate (`get`) or the running configuration (`show`). */
  async readConfig(action: 'get' | 'show', xpath: string): Promise<Envelope> {
    return await repeatRead(
      this.#request.clock,
      async () =>
        await this.#xml({ name: `config ${action}`, write: false }, { type: 'config', action, xpath }),
    );
  }

  /** Several changes of the candidate configuration, all or none. */
  async multiConfig(element: Element, accepts: Asked['accepts']): Promise<Envelope> {
    const parameters = { type: 'config', action: 'multi-config', element: formatXml(element) };
    return await this.#xml({ name: 'config multi-config', write: true, accepts }, parameters);
  }

  async commit(command: Element, action?: 'all'): Promise<Envelope> {
    const name = action === 'all' ? 'commit-all' : 'commit';
    return await this.#xml({ name, write: true }, { type: 'commit', action, cmd: formatXml(command) });
  }

  /** A read over the REST interface, where a role can be held to reading. Its JSON is for the caller to judge. */
  async rest(resource: string, query: Parameters): Promise<Answer> {
    const path = `/restapi/v${await this.#branch()}/${resource}?${formOf(query)}`;
    const call: Call = { name: `GET ${resource}`, write: false, method: 'GET', path };
    return await repeatRead(this.#request.clock, async () => await this.#send(call));
  }

  /** Unit of a pair that calls go to; undefined without a pair, and before the first call. */
  get unit(): Unit | undefined {
    return this.#unit;
  }

  /** The next call looks again which unit of a pair is active. */
  forgetUnit(): void {
    this.#unit = undefined;
  }

  remember(identity: DeviceIdentity): void {
    this.#identity = identity;
  }

  /** Of a pair that of the unit that calls go to, whose version may not have been read. */
  lastIdentity(): DeviceIdentity | undefined {
    if (!this.#unit || this.#unit.serial === this.#identity?.serial) return this.#identity;
    return { serial: this.#unit.serial, version: this.settings.version, role: this.#unit.state };
  }

  /** What this process has already checked on the device (see `Device.checked`). */
  get checked(): Set<string> {
    return this.#device.checked;
  }

  get certificate(): DeviceCertificate | undefined {
    return this.#device.certificate;
  }

  get clock(): ConnectionRequest<unknown>['clock'] {
    return this.#request.clock;
  }

  get deadline(): number {
    return this.#request.deadline;
  }

  usage(): { calls: number; writes: number; bytesSent: number; bytesReceived: number } {
    return { ...this.#usage };
  }

  close(): void {
    if (!this.#closed) releaseDevice(this.#device, this.#request.clock.now());
    this.#closed = true;
  }

  /** Branch of the device itself, which has to stand in the path; a managed firewall may have another one. */
  async #branch(): Promise<string> {
    if (this.#restBranch === undefined) {
      const { result } = await this.op(xml('show', {}, [xml('system', {}, [xml('info')])]), 'device');
      const branch = /^\d{1,2}\.\d{1,2}(?=\.)/.exec(textAt(result, 'system', 'sw-version') ?? '')?.[0];
      if (branch === undefined) throw incomplete('op show system info');
      this.#restBranch = branch;
    }
    return this.#restBranch;
  }

  /** The table of a Panorama itself has no virtual systems. */
  async #scope(place: Place): Promise<Parameters> {
    const { device, targets, vsys } = this.settings;
    if (device === 'firewall') return { vsys };
    if (!targets || place === 'device') return {};
    if (targets.length === 1) return { vsys, target: targets[0] };
    this.#unit ??= await activeUnit(
      targets,
      async (target) => await this.#op(stateCommand, { vsys, target }),
    );
    return { vsys, target: this.#unit.serial };
  }

  async #xml(what: Pick<Call, 'name' | 'write' | 'accepts'>, parameters: Parameters): Promise<Envelope> {
    const call: Call = { ...what, method: 'POST', path: '/api/', parameters };
    const { write, accepts } = call;
    return readEnvelope(await this.#send(call), { call: this.#named(call), write, accepts });
  }

  #named({ name, parameters }: Call): string {
    const target = parameters?.['target'];
    return target === undefined ? name : `${name} on ${target}`;
  }

  async #send(call: Call): Promise<Answer> {
    const { write, method, path, parameters } = call;
    const name = this.#named(call);
    const timeoutMs = await admit(this.#request, name, this.settings.timeoutMs);
    const body = parameters && formOf(parameters);
    this.#usage.calls += 1;
    this.#usage.writes += Number(write);
    this.#usage.bytesSent += Buffer.byteLength(path) + Buffer.byteLength(body ?? '');
    try {
      const answer = await exchange(this.#device.pool, {
        method,
        target: path,
        body,
        headers: {
          'x-pan-key': this.#request.credential,
          ...(body === undefined
            ? { accept: 'application/json' }
            : { accept: 'application/xml', 'content-type': 'application/x-www-form-urlencoded' }),
        },
        secrets: [this.#request.credential],
        timeoutMs,
      });
      this.#usage.bytesReceived += Buffer.byteLength(answer.text);
      return answer;
    } catch (error) {
      throw networkError(error, name, write);
    }
  }
}

/** `show system info` of the nested elements of a command. */
function pathOf(command: Element): string {
  const names: string[] = [];
  for (let element: Element | undefined = command; element && names.length < 4; element = element.children[0])
    names.push(element.name);
  return names.join(' ');
}

function formOf(parameters: Parameters): string {
  return Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`)
    .join('&');
}

/** What a device that answers success without the expected content is told. */
export function incomplete(call: string): ZonebridgeError {
  return new ZonebridgeError('firewall/unexpected-answer', `${call}: the answer is incomplete`);
}
