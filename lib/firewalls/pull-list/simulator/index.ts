import { type Running, SimulatorFrame, type StartOptions } from '../../../simulators/frame.ts';
import { type ApiAnswer, type ApiRequest, jsonAnswer } from '../../../simulators/http.ts';
import { answer } from './api.ts';
import { type Fault, faultSchema } from './faults.ts';
import { Objects } from './objects.ts';

export interface BucketOptions extends StartOptions {
  /** Default `lists`. */
  bucket?: string | undefined;
}

export interface BucketSimulator extends Running<Fault> {
  bucket: string;
  /** Everything inside, for tests that run in the same process. */
  objects: Objects;
}

/** Starts a bucket on 127.0.0.1. Throws RangeError for options or files that do not fit. */
export async function startBucketSimulator(options: BucketOptions = {}): Promise<BucketSimulator> {
  const objects = new Objects();
  const bucket = options.bucket ?? 'lists';
  const frame = await SimulatorFrame.start<Fault>({
    ...options,
    name: 'S3 simulator',
    faultSchema,
    patternOf: (path) => path.replace(/^(\/[^/]*\/[^/]*\/).+/, '$1{key}'),
    handle: (request, faults) => answer(request, faults, { bucket, objects }),
    administer: (request, self) => administer(request, { frame: self, objects }),
  });
  return {
    ...frame.running(),
    bucket,
    objects,
  };
}

/** Below `/_simulator/`: `lists` shows what is stored, `served/<name>` one list as a firewall would get it, to try things out, `log` counts requests, `faults` takes and lists faults. */
function administer(
  { method, path, body }: ApiRequest,
  { frame, objects }: { frame: SimulatorFrame<Fault>; objects: Objects },
): ApiAnswer {
  const what = `${method} ${path.replace(/^\/_simulator\//, '')}`;
  const [, name] = /^GET served\/([^/]+)$/.exec(what) ?? [];
  const served = name === undefined ? undefined : objects.get(`lists/${name}`);
  if (served)
    return { status: 200, headers: { etag: served.etag, 'content-type': 'text/plain' }, body: served.body };
  try {
    switch (what) {
      case 'GET lists':
        return jsonAnswer(200, Object.fromEntries(objects.keys().map((key) => [key, objects.get(key)])));
      case 'GET log':
        return jsonAnswer(200, frame.requests.list());
      case 'GET faults':
        return jsonAnswer(200, frame.listFaults());
      case 'POST faults':
        return jsonAnswer(201, frame.addFaults(JSON.parse(body)));
      case 'DELETE faults':
        return jsonAnswer(200, { removed: frame.removeFaults() });
      default:
        return jsonAnswer(404, { error: 'lists, log or faults' });
    }
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError)
      return jsonAnswer(400, { error: error.message });
    throw error;
  }
}
