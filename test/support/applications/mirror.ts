import { type KubeConfig, Watch } from '@kubernetes/client-node';

interface Listed {
  metadata?: { uid?: string; resourceVersion?: string };
}

/** The objects that the API says fit a selector, as one of its own watches tells it: one that does not fit any more is told as gone. */
export class Mirror<T extends Listed> {
  readonly #objects = new Map<string, T>();
  readonly #watch: Watch;
  #request: AbortController | undefined;
  #stopped = false;
  #version = '';
  /** Why it knows no more, when it does not. */
  failure: unknown;

  constructor(config: KubeConfig) {
    this.#watch = new Watch(config);
  }

  get objects(): T[] {
    return [...this.#objects.values()];
  }

  /** `told` runs after each event, with what it is about. */
  async start(path: string, labelSelector: string, told: (object: T) => void): Promise<void> {
    const take = (type: string, object: T): void => {
      if (type === 'ERROR') this.failure = object;
      const { resourceVersion = '', uid = '' } = object.metadata ?? {};
      this.#version = resourceVersion;
      if (type === 'BOOKMARK') return;
      if (type === 'DELETED') this.#objects.delete(uid);
      else this.#objects.set(uid, object);
      told(object);
    };
    const ended = (): void => {
      if (this.#stopped || this.failure !== undefined) return;
      this.start(path, labelSelector, told).catch((error: unknown) => (this.failure = error));
    };
    // Before the API ends a watch it tells how far that came. One that saw nothing for long could not go on where it was: the API keeps no more
    // than the last changes of all objects of a kind.
    const query = {
      allowWatchBookmarks: true,
      timeoutSeconds: 10,
      ...(labelSelector === '' ? {} : { labelSelector }),
      ...(this.#version === '' ? {} : { resourceVersion: this.#version }),
    };
    this.#request = await this.#watch.watch(path, query, take, ended);
    if (this.#stopped) this.#request.abort();
  }

  stop(): void {
    this.#stopped = true;
    this.#request?.abort();
  }
}
