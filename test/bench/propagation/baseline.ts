import { KubeConfig, Watch } from '@kubernetes/client-node';
import { Person } from '../../../lib/sandbox/person.ts';
import type { FortigateSimulator } from '../../../lib/firewalls/fortigate/simulator/index.ts';

/**
 * What the usual integration does: for every pod event it reads the group, makes the address if it is missing, and writes
 * the whole member list. No queue, no record of what it did, one device.
 */
export class Baseline {
  readonly #person: Person;
  #abort: AbortController | undefined;
  #work: Promise<unknown> = Promise.resolve();

  constructor(simulator: FortigateSimulator) {
    this.#person = new Person(simulator);
  }

  async start(kubeconfig: string, namespace: string, label: string): Promise<void> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.#abort = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/pods`,
      { labelSelector: label },
      (_, pod: { metadata?: { labels?: Record<string, string> }; status?: { podIP?: string } }) => {
        const address = pod.status?.podIP;
        const group = pod.metadata?.labels?.['group'];
        if (address !== undefined && group !== undefined)
          this.#work = this.#work.then(() => this.#put(group, address));
      },
      () => undefined,
    );
  }

  async #put(group: string, address: string): Promise<void> {
    const found = (await this.#person.call('GET', `cmdb/firewall/addrgrp/${group}`)) as {
      results: { member: { name: string }[] }[];
    };
    const members = (found.results[0]?.member ?? []).map(({ name }) => ({ name }));
    const name = `base-${address}`;
    if (members.some((member) => member.name === name)) return;
    await this.#person
      .call('POST', 'cmdb/firewall/address', { name, subnet: `${address} 255.255.255.255` })
      .catch(() => undefined);
    await this.#person.call('PUT', `cmdb/firewall/addrgrp/${group}`, { member: [...members, { name }] });
  }

  async stop(): Promise<void> {
    this.#abort?.abort();
    await this.#work.catch(() => undefined);
    await this.#person.close();
  }
}
