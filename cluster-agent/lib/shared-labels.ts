import type { Labels } from '../../lib/core/model/endpoint.ts';

/** More different ones than most clusters have of pods' templates. */
const most = 2_000;

/** Labels are the same for all pods of a template: kept once, they take a fifth less of what is kept of a pod. */
export class SharedLabels {
  readonly #known = new Map<string, Labels>();

  /** The same labels, as one object for all who have them. */
  shared(labels: Labels): Labels {
    const text = JSON.stringify(labels);
    const known = this.#known.get(text);
    if (known) return known;
    // Begun anew: a cluster whose pods all differ must not fill this for ever.
    if (this.#known.size >= most) this.#known.clear();
    this.#known.set(text, labels);
    return labels;
  }
}
