import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { makeServerCertificate } from '../../simulators/certificates.ts';
import { FaultList, readFaults } from '../../simulators/fault-list.ts';
import { TlsServer } from '../../simulators/tls-server.ts';
import { administrationPrefix, answerAdministration } from './administration.ts';
import { refused } from './answer.ts';
import { answerApi, isWatch } from './api.ts';
import { identify, Tokens } from './authorization.ts';
import { Cluster } from './cluster.ts';
import { startControllers } from './controllers/index.ts';
import { checkAccept } from './discovery.ts';
import { answerUnderFaults, type Outcome } from './faults/injection.ts';
import { type Fault, faultSchema } from './faults/fault.ts';
import { watchFaults } from './faults/watch-faults.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { Refusal } from './refusal.ts';
import type { ApiRequest } from './request.ts';
import { patternOf, RequestLog } from './request-log.ts';
import { routeOf } from './route.ts';
import { seed } from './seed.ts';
import { serveWith } from './server.ts';
import { restoreState, StateKeeper } from './state-file.ts';
import { Watches } from './watches.ts';

export interface KubernetesSimulatorOptions {
  /** 0 or absent: any free one. */
  port?: number | undefined;
  /** Nodes that run pods by themselves, made at the start; default 0. */
  nodes?: number | undefined;
  /** Whether Deployments make pods and pods run; default true. Without, it is an API alone. */
  controllers?: boolean | undefined;
  /** Loaded at start when it exists, saved after changes and at the end. */
  stateFile?: string | undefined;
  /** JSON list of faults. */
  faultsFile?: string | undefined;
  /** Bearer token of the administrator; default a fresh one. */
  token?: string | undefined;
  /** Where authority and kubeconfig lie, so that they survive restarts; default a fresh temporary directory. */
  directory?: string | undefined;
  /** Range out of which nodes get theirs; default 10.128.0.0/9, with a /24 for each. */
  podCidr?: string | undefined;
  nodePrefix?: number | undefined;
  /** Changes of each kind after which an old watch cannot be resumed; default 10,000. */
  historyLength?: number | undefined;
  /** Seconds between bookmarks; default 60, as in a real API. */
  bookmarkSeconds?: number | undefined;
}

export interface KubernetesSimulator {
  /** `https://127.0.0.1:<port>` */
  url: string;
  port: number;
  /** The authority to trust, as file and as PEM. */
  caFile: string;
  ca: string;
  /** Of an administrator. */
  token: string;
  /** Path of a kubeconfig of the administrator. */
  kubeconfig: string;
  /** Everything inside, for tests that run in the same process. */
  cluster: Cluster;
  requests: RequestLog;
  watches: Watches;
  faults: { add(input: unknown): Fault[]; remove(id?: string): number; list(): readonly Fault[] };
  /** Cuts all connections, refuses new ones for a while, forgets what watches could resume from; resolves when it is back. */
  restart(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Kubernetes API on 127.0.0.1. Throws RangeError for options or files that do not fit. */
export async function startKubernetesSimulator(
  options: KubernetesSimulatorOptions = {},
): Promise<KubernetesSimulator> {
  const cluster = await prepareCluster(options);
  const token = options.token ?? randomBytes(24).toString('base64url');
  const { faults, handle, requests, watches, wire } = prepareRequests(
    cluster,
    new Tokens(token, cluster.now),
    options,
  );
  if (options.faultsFile !== undefined) faults.add(await readFaults(options.faultsFile));
  const { podCidr = '10.128.0.0/9', nodePrefix = 24 } = options;
  const controllers =
    options.controllers === false ? undefined : startControllers(cluster, { podCidr, nodePrefix });
  const certificate = await makeServerCertificate('Kubernetes simulator', options.directory);
  const server = new TlsServer(certificate, options.port ?? 0, serveWith(handle));
  const restart = async (milliseconds: number): Promise<void> => {
    cluster.store.compact();
    cluster.lists.expire();
    await server.goDown(milliseconds);
    await server.isUp();
  };
  wire({ restart, address: () => `127.0.0.1:${server.port}` });
  const keeper = options.stateFile === undefined ? undefined : new StateKeeper(cluster, options.stateFile);
  try {
    await keeper?.begin();
    await server.open();
  } catch (error) {
    controllers?.stop();
    await certificate.discard();
    throw error;
  }
  const url = `https://127.0.0.1:${server.port}`;
  const kubeconfig = join(certificate.folder, 'kubeconfig');
  await writeKubeconfig(kubeconfig, { url, ca: certificate.ca, token });
  return {
    url,
    port: server.port,
    caFile: certificate.caFile,
    ca: certificate.ca,
    token,
    kubeconfig,
    cluster,
    requests,
    watches,
    faults,
    restart,
    stop: async () => {
      controllers?.stop();
      watches.each(undefined, (watcher) => watcher.cut());
      await server.close();
      try {
        await keeper?.close();
      } finally {
        await certificate.discard();
      }
    },
  };
}

async function prepareCluster(options: KubernetesSimulatorOptions): Promise<Cluster> {
  const cluster = new Cluster({ historyLength: options.historyLength ?? 10_000, now: () => Date.now() });
  const restored = options.stateFile !== undefined && (await restoreState(cluster, options.stateFile));
  if (!restored) seed(cluster, options.nodes ?? 0);
  return cluster;
}

interface Wiring {
  restart: (milliseconds: number) => Promise<void>;
  /** Host and port, as discovery says it. */
  address: () => string;
}

/** Everything between the server and the cluster. */
function prepareRequests(cluster: Cluster, tokens: Tokens, options: KubernetesSimulatorOptions) {
  const injector = new FaultList(faultSchema);
  const requests = new RequestLog();
  const watches = new Watches(cluster, (options.bookmarkSeconds ?? 60) * 1000);
  let wiring: Wiring = { restart: async () => undefined, address: () => '' };
  // After the answer to the request that asked for it has left.
  const restartSoon = (milliseconds: number): void =>
    void setTimeout(() => void wiring.restart(milliseconds), 10);
  const add = (input: unknown): Fault[] => {
    const added = injector.add(input);
    for (const fault of added) {
      if (fault.kind !== 'restart' || !fault.immediately) continue;
      injector.remove(fault.id);
      restartSoon(fault.milliseconds);
    }
    return added;
  };
  const faults = { add, remove: (id?: string) => injector.remove(id), list: () => injector.list() };
  const admin = {
    cluster,
    faults: injector,
    requests,
    tokens,
    watches,
    addFaults: add,
    restart: restartSoon,
  };
  const handle = async (request: ApiRequest): Promise<Outcome> => {
    const url = `${request.path}${request.query.size === 0 ? '' : `?${request.query.toString()}`}`;
    if (request.path.startsWith(administrationPrefix)) {
      return { answer: answerAsAdministrator(request, admin), ending: 'whole' };
    }
    // Faults of watches concern watches alone.
    const watching = isWatch(request.query);
    const hits = injector.match(request.method, url, ({ kind }) => watching || !kind.startsWith('watch-'));
    const answer = () => {
      try {
        checkAccept(request);
        const access = identify(request.headers['authorization'], tokens);
        const openWatch = (list: Parameters<Watches['open']>[0]) => watches.open(list, watchFaults(hits));
        return answerApi(request, { access, cluster, openWatch, serverAddress: wiring.address() });
      } catch (error) {
        if (error instanceof Refusal) return refused(error);
        throw error;
      }
    };
    const outcome = await answerUnderFaults(hits, answer, restartSoon);
    count(requests, request, cluster, outcome);
    return outcome;
  };
  return { faults, handle, requests, watches, wire: (wires: Wiring) => void (wiring = wires) };
}

function answerAsAdministrator(request: ApiRequest, admin: Parameters<typeof answerAdministration>[1]) {
  try {
    const { identity } = identify(request.headers['authorization'], admin.tokens);
    if (!identity.groups.includes('system:masters')) throw new Refusal(401, 'Unauthorized');
    return answerAdministration(request, admin);
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

function count(requests: RequestLog, request: ApiRequest, cluster: Cluster, outcome: Outcome): void {
  const pattern = patternOf(request.path, routeOf(request.path, cluster.resources));
  const answer = typeof outcome === 'string' || outcome.ending === 'cut' ? undefined : outcome.answer;
  const status = answer === undefined ? 0 : 'stream' in answer ? 'watch' : answer.status;
  requests.add(request.method, pattern, status);
}
