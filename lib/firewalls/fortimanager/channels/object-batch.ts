import type { ZonebridgeError } from '../../../core/errors.ts';
import type { Outcome } from '../../../core/firewall.ts';
import type { OpenReport } from '../../shared/attempt.ts';
import { foreign } from '../../shared/marks.ts';
import type { Param } from '../client.ts';
import type { Element } from '../envelope.ts';
import { isDuplicate, isMissing } from '../errors.ts';
import type { InstallStep } from '../install.ts';
import { addressObject, addressOfRow } from '../translate.ts';
import type { FoundGroup, MemberWrite, Place } from './group-place.ts';
import { isAdoption } from './object-adoption.ts';
import { type Item, itemsOf } from './object-items.ts';
import { missing } from './object-members.ts';
import { addressTable, groupTable, objectUrl, type Row, rowOf } from './object-rows.ts';
import { fail, type Step, StepSender } from './object-steps.ts';

/** The changes of one run as few requests: what is new, then what goes. Each element fails alone. */
export class ObjectBatch {
  readonly #place: Place;
  readonly #reports: readonly OpenReport[];
  readonly #items: readonly Item[];
  readonly #sender: StepSender;
  readonly #groups = new Map<OpenReport, readonly FoundGroup[]>();
  readonly #addresses = new Map<string, Row | undefined>();
  #adopted: OpenReport[] = [];
  #lacking: { report: OpenReport; group: FoundGroup }[] = [];

  constructor(place: Place, reports: readonly OpenReport[]) {
    this.#place = place;
    this.#reports = reports;
    this.#items = reports.flatMap((report) => itemsOf(report, place.hub));
    this.#sender = new StepSender(place.client);
  }

  get groups(): ReadonlySet<string> {
    return new Set(this.#reports.map(({ object }) => object.name));
  }

  /** What has to be installed after {@link write}. */
  get installs(): InstallStep[] {
    return this.#sender.installs;
  }

  /** Whose the groups and the address objects are. */
  look(): Param[] {
    return [
      ...this.#reports.flatMap((report) => this.#lookAt(report)),
      ...this.#ours().map((item) => this.#addressParam(item)),
    ];
  }

  /** What a group leaves out has to be known to let it match some of that again. */
  #lookAt(report: OpenReport): Param[] {
    const again = this.#itemsOf(report).some(({ isExcluded }) => isExcluded);
    return this.#place.groups.look(report.object, again);
  }

  /** One item for each address object. */
  #ours(): Item[] {
    return [
      ...new Map(
        this.#items.filter(({ address }) => address !== undefined).map((item) => [item.name, item]),
      ).values(),
    ];
  }

  #addressParam({ family, name }: Item): Param {
    return {
      url: objectUrl(this.#place.client, addressTable(family), name),
      fields: ['name', 'comment', 'type', 'subnet', 'ip6'],
      loadsub: 0,
    };
  }

  /** Takes what {@link look} found; what was found before counts no more. False when nothing is left to do. */
  async seen(elements: readonly Element[]): Promise<boolean> {
    const { client, addressMarks, groups } = this.#place;
    [this.#adopted, this.#lacking] = [[], []];
    for (const item of this.#items) item.error = undefined;
    let at = 0;
    for (const report of this.#reports) {
      delete report.created;
      const params = this.#lookAt(report);
      const found = await groups.found(report.object, params, elements.slice(at, at + params.length));
      at += params.length;
      groups.refuseLate?.(report.object, found);
      this.#groups.set(report, found);
      this.#judge(report, found);
    }
    for (const [index, item] of this.#ours().entries()) {
      const row = await rowOf(client, this.#addressParam(item), elements[at + index]);
      this.#addresses.set(item.name, row);
      if (row && !addressMarks.isOurs(item.name, row.comment))
        for (const same of this.#items.filter(({ name }) => name === item.name))
          if (same.op === 'add') same.error ??= foreign(item.name);
    }
    const made = this.#lacking.length + this.#adopted.length;
    return this.#items.some(({ error }) => error === undefined) || made > 0;
  }

  #judge(report: OpenReport, found: readonly FoundGroup[]): void {
    const { object, createWith, adoptWith } = report.changes;
    const { groups, marks } = this.#place;
    const adopts = groups.adopts && isAdoption(report.changes, found, marks);
    if (adopts) this.#adopted.push(report);
    const isStranger = ({ comment }: FoundGroup): boolean =>
      comment !== undefined && !marks.isFor(object, comment);
    const absent = found[0]?.comment === undefined;
    const isForeign = !adopts && found.some(isStranger);
    const error = isForeign ? foreign(object.name) : absent && !createWith ? missing(object) : undefined;
    if (error) {
      for (const item of this.#itemsOf(report)) item.error = error;
      if (createWith || adoptWith) report.created = { state: 'failed', error };
      return;
    }
    this.#noteLacking(report, found, absent);
  }

  /** What has to be made: the group of IPv4 when it is to be there, everything else when there is something to put in. */
  #noteLacking(report: OpenReport, found: readonly FoundGroup[], absent: boolean): void {
    const { object } = report;
    for (const group of found) {
      const wanted = this.#itemsOf(report, group).filter(({ op }) => op === 'add');
      const isFirst = group.family === 4 && absent;
      if (group.lacks.length === 0 || (wanted.length === 0 && !isFirst)) continue;
      if (object.create === 'own' || group.comment !== undefined) this.#lacking.push({ report, group });
      else for (const item of wanted) item.error = missing(object);
    }
  }

  /** Items of a report, or of one family of it. */
  #itemsOf(report: OpenReport, group?: FoundGroup): Item[] {
    return this.#items.filter(
      (item) => item.report === report && (group === undefined || item.family === group.family),
    );
  }

  /** Writes everything. False when nothing of it was taken. */
  async write(): Promise<boolean> {
    const sender = this.#sender;
    const updated = await sender.send('update', [
      ...this.#adoptionSteps(),
      ...this.#editedSteps(),
      ...this.#memberWrites('update'),
    ]);
    const added = await sender.send('add', [
      ...this.#groupSteps(),
      ...this.#addressSteps('add'),
      ...this.#memberWrites('add'),
    ]);
    const set = await this.#setLists();
    const removed = await sender.send('delete', [...this.#memberWrites('delete'), ...this.#deletionSteps()]);
    this.#installAgain();
    return updated || added || set || removed;
  }

  /** Whole lists, with the new addresses in them. A list that was refused beside one of its addresses is set again without it. */
  async #setLists(): Promise<boolean> {
    const refused = new Map<string, { list: MemberWrite; error: ZonebridgeError }>();
    const lists = this.#memberWrites('set').map((list) => ({
      ...list,
      items: [],
      failed: (error: ZonebridgeError) => void refused.set(list.param.url, { list, error }),
    }));
    const taken = await this.#sender.send('set', [...this.#addressSteps('set'), ...lists]);
    const again = this.#memberWrites('set').filter(({ param, items }) => {
      const first = refused.get(param.url);
      if (first === undefined || items.length < first.list.items.length) return first !== undefined;
      fail({ param, items }, first.error);
      return false;
    });
    return (await this.#sender.send('set', again)) || taken;
  }

  /** Outcomes of everything, when the run as a whole ended so. */
  settle(whole: Outcome): void {
    for (const { report, text, error } of this.#items) {
      const own: Outcome = error ? { state: 'failed', error } : whole;
      if (report.outcomes.get(text)?.state !== 'failed') report.outcomes.set(text, own);
    }
    for (const report of this.#reports)
      if (report.changes.createWith || report.changes.adoptWith) report.created ??= whole;
    if (whole.state !== 'done') return;
    for (const [report, group, items] of this.#written())
      this.#place.groups.noteWritten?.(report.object, group, items);
  }

  /** A former tool's group gets our comment; its members stay. */
  #adoptionSteps(): Step[] {
    return this.#adopted.map((report) => {
      const { name } = report.object;
      const url = objectUrl(this.#place.client, groupTable(4), name);
      return {
        param: { url, data: { comment: report.changes.adoptWith?.comment } },
        items: this.#itemsOf(report),
        failed: (error) => void (report.created = { state: 'failed', error }),
        install: ['update', `obj/${groupTable(4)}/${name}`],
      };
    });
  }

  #groupSteps(): Step[] {
    return this.#lacking.flatMap(({ report, group }) => {
      const { object, createWith } = report.changes;
      const own = group.family === 4 ? createWith?.comment : undefined;
      const items = this.#itemsOf(report, group);
      const failed = (error: ZonebridgeError): void => {
        if (group.family === 4 && createWith) report.created ??= { state: 'failed', error };
      };
      const comment = own ?? this.#place.marks.commentFor(object.name);
      return this.#place.groups
        .making(object, group, comment)
        .map(({ param, install }) => ({ param, items, failed, install }));
    });
  }

  /** An object of ours that a person edited stands for its address again. */
  #editedSteps(): Step[] {
    return this.#forAddresses(
      'add',
      (row, address) => row !== undefined && addressOfRow(row) !== address,
    ).map((items) => {
      const { family, name, address = '' } = items[0] as Item;
      const url = objectUrl(this.#place.client, addressTable(family), name);
      return {
        param: { url, data: addressObject(address).fields },
        items,
        install: ['update', `obj/${addressTable(family)}/${name}`],
      };
    });
  }

  #addressSteps(method: 'add' | 'set'): Step[] {
    const { client, addressMarks, groups } = this.#place;
    if (method !== groups.addressMethod) return [];
    return this.#forAddresses('add', (row) => row === undefined).map((items) => {
      const { family, name, address = '' } = items[0] as Item;
      const data = { name, comment: addressMarks.commentFor(name), ...addressObject(address).fields };
      const param = { url: objectUrl(client, addressTable(family)), data };
      return { param, items, mayFail: isDuplicate, install: ['add', `obj/${addressTable(family)}/${name}`] };
    });
  }

  /** Those of the method, as far as nothing is wrong with their items yet. */
  #memberWrites(method: MemberWrite['method']): MemberWrite[] {
    const writes = this.#written().flatMap(([report, group, items]) =>
      this.#place.groups.memberWrites(report.object, group, items),
    );
    return writes.filter((write) => write.method === method);
  }

  /** What is written of each family of each group, as far as nothing is wrong with it. */
  #written(): [OpenReport, FoundGroup, Item[]][] {
    return [...this.#groups].flatMap(([report, found]) =>
      found.map((group): [OpenReport, FoundGroup, Item[]] => [
        report,
        group,
        this.#itemsOf(report, group).filter(({ error }) => error === undefined),
      ]),
    );
  }

  /** Objects of addresses that left. One that something else uses stays: the manager refuses it, and is never forced. */
  #deletionSteps(): Step[] {
    const added = new Set(this.#items.filter(({ op }) => op === 'add').map(({ name }) => name));
    const gone = this.#forAddresses(
      'remove',
      (row, _, name) =>
        row !== undefined && !added.has(name) && this.#place.addressMarks.isOurs(name, row.comment),
    );
    return gone.map((items) => {
      const { family, name } = items[0] as Item;
      const mayFail = (error: ZonebridgeError): boolean =>
        isMissing(error) || error.code === 'firewall/object-in-use';
      const param = { url: objectUrl(this.#place.client, addressTable(family), name) };
      return { param, items, mayFail, install: ['delete', `obj/${addressTable(family)}/${name}`] };
    });
  }

  /** Items by address object, as far as nothing is wrong with them yet. */
  #forAddresses(
    op: Item['op'],
    fits: (row: Row | undefined, address: string, name: string) => boolean,
  ): Item[][] {
    const items = this.#items.filter(
      ({ op: own, error, address, name }) =>
        own === op &&
        error === undefined &&
        address !== undefined &&
        fits(this.#addresses.get(name), address, name),
    );
    return [...Map.groupBy(items, ({ name }) => name).values()];
  }

  /**
   * Address objects that were there, or gone, before this run are installed, too: the run that saved them may not have come so far.
   * Assumption: an `update` makes an object that a firewall does not have yet.
   */
  #installAgain(): void {
    for (const { op, name, family, address, error } of this.#items) {
      if (error || address === undefined) continue;
      const row = this.#addresses.get(name);
      const object = `obj/${addressTable(family)}/${name}`;
      if (op === 'add' && row) this.#sender.toInstall(['update', object]);
      if (op === 'remove' && !row) this.#sender.toInstall(['delete', object]);
    }
  }
}
