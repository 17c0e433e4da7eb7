import type { ArchivePorts } from '../../lib/app/audit/append.ts';
import { archiveChanges } from '../../lib/app/audit/archive-changes.ts';
import type { AuditRecord } from '../../lib/app/audit/record.ts';
import { readSegment, type Segment } from '../../lib/app/audit/segment.ts';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { LedgerStream } from './ledger-stream.ts';
import { MemoryArchive } from './memory-archive.ts';
import { World } from './world.ts';

/** A world whose ledger is archived. */
export class AuditWorld {
  readonly world: World;
  readonly archive = new MemoryArchive();
  readonly stream: LedgerStream;
  readonly ports: ArchivePorts;

  private constructor(world: World) {
    this.world = world;
    this.stream = new LedgerStream(world.tables, world.clock);
    this.ports = { hub: 'test', tables: world.tables, clock: world.clock, archive: this.archive };
  }

  static async start(groups: AddressGroup[]): Promise<AuditWorld> {
    return new AuditWorld(await World.start(groups));
  }

  /** Delivers what the stream has since the last time. */
  async deliver(): Promise<void> {
    await archiveChanges(this.ports, this.stream.take(), { historyDays: 90 });
  }

  /** The objects of a chain, in the order of their keys. */
  segments(subject = 'edge'): Segment[] {
    return [...this.archive.objects]
      .filter(([key]) => key.startsWith(`test/${subject}/`))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, body]) => readSegment(body));
  }

  /** Records of a chain, optionally about one address. */
  records(address?: string): AuditRecord[] {
    const all = this.segments().flatMap(({ records }) => records);
    return all.filter((record) => address === undefined || record.address === address);
  }

  /** What happened to an address, in words. */
  kinds(address: string): string[] {
    return this.records(address).map(({ kind }) => kind);
  }
}
