import { type Cidr, formatAddress, parseCidr } from './cidr.ts';

/**
 * Addresses of the pods of one node, from its range, as a host-local plugin gives them: the next one after the last
 * given, around and around, so that a free address comes back only after all others.
 */
class NodeAddresses {
  readonly #range: Cidr;
  readonly #used = new Set<number>();
  #last = 1;

  constructor(range: Cidr) {
    this.#range = range;
  }

  /** Without the network's own address, the bridge's (the first) and the broadcast address. */
  get capacity(): number {
    return Math.max(0, this.#range.size - 3);
  }

  get free(): number {
    return this.capacity - this.#used.size;
  }

  take(): string | undefined {
    for (let tried = 0; tried < this.capacity; tried++) {
      this.#last = this.#last >= this.#range.size - 2 ? 2 : this.#last + 1;
      if (this.#used.has(this.#last)) continue;
      this.#used.add(this.#last);
      return formatAddress(this.#range.base + this.#last);
    }
    return undefined;
  }

  mark(address: number): void {
    const offset = address - this.#range.base;
    if (offset >= 0 && offset < this.#range.size) this.#used.add(offset);
  }

  release(address: number): void {
    this.#used.delete(address - this.#range.base);
  }
}

/** Ranges of nodes out of the cluster's range, and addresses out of theirs. */
export class AddressPlan {
  readonly #cluster: Cidr;
  readonly #nodeSize: number;
  readonly #nodes = new Map<string, { cidr: string; addresses: NodeAddresses }>();
  readonly #ranges = new Set<string>();
  #next = 0;

  /** `nodePrefix` = length of the prefix of a node's range. Throws RangeError for a range that is none. */
  constructor(clusterCidr: string, nodePrefix: number) {
    this.#cluster = parseCidr(clusterCidr);
    if (nodePrefix < this.#cluster.prefix || nodePrefix > 29) {
      throw new RangeError(`A node's range of /${nodePrefix} does not fit into ${clusterCidr}.`);
    }
    this.#nodeSize = 2 ** (32 - nodePrefix);
  }

  /** The range of a node: its own, or a free one of the cluster's. Undefined when all are given. */
  rangeOf(node: string, own?: string): string | undefined {
    const known = this.#nodes.get(node);
    if (known && (own === undefined || own === known.cidr)) return known.cidr;
    const cidr = own ?? this.#freeRange();
    if (cidr === undefined) return undefined;
    this.#nodes.set(node, { cidr, addresses: new NodeAddresses(parseCidr(cidr)) });
    this.#ranges.add(cidr);
    return cidr;
  }

  forget(node: string): void {
    const known = this.#nodes.get(node);
    if (!known) return;
    this.#nodes.delete(node);
    this.#ranges.delete(known.cidr);
  }

  free(node: string): number {
    return this.#nodes.get(node)?.addresses.free ?? 0;
  }

  take(node: string): string | undefined {
    return this.#nodes.get(node)?.addresses.take();
  }

  mark(node: string, address: string): void {
    this.#nodes.get(node)?.addresses.mark(parseCidr(`${address}/32`).base);
  }

  release(node: string, address: string): void {
    this.#nodes.get(node)?.addresses.release(parseCidr(`${address}/32`).base);
  }

  #freeRange(): string | undefined {
    const count = this.#cluster.size / this.#nodeSize;
    const prefix = 32 - Math.log2(this.#nodeSize);
    for (let tried = 0; tried < count; tried++) {
      const cidr = `${formatAddress(this.#cluster.base + (this.#next++ % count) * this.#nodeSize)}/${prefix}`;
      if (!this.#ranges.has(cidr)) return cidr;
    }
    return undefined;
  }
}
