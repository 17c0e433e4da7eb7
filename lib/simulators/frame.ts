import type { z } from 'zod';
import { makeServerCertificate, type ServerCertificate } from './certificates.ts';
import { isCommon, underCommonFaults } from './common-faults.ts';
import { type FaultBase, FaultList, readFaults } from './fault-list.ts';
import type { ApiAnswer, ApiRequest } from './http.ts';
import { RequestLog } from './request-log.ts';
import { type Reply, serveWith } from './server.ts';
import { TlsServer } from './tls-server.ts';

/** Paths below it belong to the simulator itself; no vendor uses them. */
export const administrationPrefix = '/_simulator/';

/** A fault in force. */
export type Active<F> = F & { id: string };

/** What whoever starts a simulator can say, whatever the vendor. */
export interface StartOptions {
  /** 0 or absent: any free one. */
  port?: number | undefined;
  /** JSON list of faults. */
  faultsFile?: string | undefined;
  /** Where the authority lies, so that it survives restarts; default a fresh temporary directory. */
  certificateDirectory?: string | undefined;
  /** How long the server certificate is valid; a year when left out. */
  certificateDays?: number | undefined;
}

/** A simulator that runs, beside what is its vendor's own. */
export interface Running<F> {
  /** `https://127.0.0.1:<port>` */
  url: string;
  port: number;
  /** The authority to trust, as file and as PEM. */
  caFile: string;
  ca: string;
  requests: RequestLog;
  faults: {
    add(input: unknown): Active<F>[];
    remove(id?: string): number;
    list(): readonly Active<F>[];
  };
  /** Refuses connections for a while; resolves when it is back. */
  down(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** What differs between vendors. `F`: a fault, common or the vendor's own. */
export interface FrameOptions<F extends FaultBase> extends StartOptions {
  /** Such as `FortiGate simulator`; stands in the certificate. */
  name: string;
  faultSchema: z.ZodType<F>;
  /** Takes what differs from object to object out of a path, for the log. */
  patternOf(path: string): string;
  /** Answers what is asked of the device. `own`: the faults that are not common and hit this request. */
  handle(request: ApiRequest, own: readonly Active<F>[]): Reply | Promise<Reply>;
  /** Answers below {@link administrationPrefix}. */
  administer(request: ApiRequest, frame: SimulatorFrame<F>): ApiAnswer;
  /** What the `path` of a fault and the log see where all calls share one path; path and query unless given. Never a credential. */
  urlOf?(request: ApiRequest): string;
  /** Whether a fault concerns a request at all; all do unless given. */
  fits?(fault: F, request: ApiRequest): boolean;
  /** Told of each fault that was added. */
  added?(fault: Active<F>): void;
}

/** An HTTPS server with certificate, faults and log: what every simulated firewall consists of beside its device. */
export class SimulatorFrame<F extends FaultBase> {
  readonly requests: RequestLog;
  readonly #options: FrameOptions<F>;
  readonly #faults: FaultList<F>;
  readonly #server: TlsServer;
  readonly #certificate: ServerCertificate;

  private constructor(options: FrameOptions<F>, certificate: ServerCertificate) {
    this.#options = options;
    this.#certificate = certificate;
    this.requests = new RequestLog((path) => options.patternOf(path));
    this.#faults = new FaultList(options.faultSchema);
    this.#server = new TlsServer(
      certificate,
      options.port ?? 0,
      serveWith(async (request) => this.#answer(request)),
    );
  }

  /** Serves on 127.0.0.1. Throws RangeError for a faults file that does not fit; then nothing is left behind. */
  static async start<F extends FaultBase>(options: FrameOptions<F>): Promise<SimulatorFrame<F>> {
    const { name, certificateDirectory, certificateDays, faultsFile } = options;
    const certificate = await makeServerCertificate(name, certificateDirectory, certificateDays);
    try {
      const frame = new SimulatorFrame(options, certificate);
      if (faultsFile !== undefined) frame.addFaults(await readFaults(faultsFile));
      await frame.#server.open();
      return frame;
    } catch (error) {
      await certificate.discard();
      throw error;
    }
  }

  /** What is shown of it. */
  running(): Running<F> {
    const { port } = this.#server;
    return {
      url: `https://127.0.0.1:${port}`,
      port,
      caFile: this.#certificate.caFile,
      ca: this.#certificate.ca,
      requests: this.requests,
      faults: {
        add: (input) => this.addFaults(input),
        remove: (id) => this.removeFaults(id),
        list: () => this.listFaults(),
      },
      down: async (milliseconds) => {
        await this.#server.goDown(milliseconds);
        await this.#server.isUp();
      },
      stop: async () => {
        await this.#server.close();
        await this.#certificate.discard();
      },
    };
  }

  /** Adds one fault or a list of them. Throws RangeError that names every problem; then none is added. */
  addFaults(input: unknown): Active<F>[] {
    const added = this.#faults.add(input);
    for (const fault of added) {
      this.#options.added?.(fault);
      if (!isCommon(fault) || fault.kind !== 'down' || !fault.immediately) continue;
      this.#faults.remove(fault.id);
      // After the answer to the request that asked for it has left.
      setTimeout(() => void this.#server.goDown(fault.milliseconds), 10);
    }
    return added;
  }

  removeFaults(id?: string): number {
    return this.#faults.remove(id);
  }

  listFaults(): readonly Active<F>[] {
    return this.#faults.list();
  }

  async #answer(request: ApiRequest): Promise<Reply> {
    if (request.path.startsWith(administrationPrefix)) return this.#options.administer(request, this);
    const faults = this.#matching(request);
    const own = faults.filter((fault) => !isCommon(fault));
    const reply = await underCommonFaults(
      faults.filter((fault) => isCommon(fault)),
      (milliseconds) => void this.#server.goDown(milliseconds),
      async () => await this.#options.handle(request, own),
    );
    const sent = reply === 'cut' ? 0 : Buffer.byteLength(reply.body);
    const received = Buffer.byteLength(request.body);
    const { method } = request;
    const path = this.#options.urlOf?.(request) ?? request.path;
    this.requests.add({ method, path }, reply === 'cut' ? 0 : reply.status, { received, sent });
    return reply;
  }

  #matching(request: ApiRequest): Active<F>[] {
    const query = request.query.toString();
    const plain = query === '' ? request.path : `${request.path}?${query}`;
    const url = this.#options.urlOf?.(request) ?? plain;
    return this.#faults.match(request.method, url, (fault) => this.#options.fits?.(fault, request) ?? true);
  }
}
