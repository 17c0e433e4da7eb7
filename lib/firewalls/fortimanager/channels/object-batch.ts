import type { ZonebridgeError } from '../../../core/errors.ts';
import type { Outcome } from '../../../core/firewall.ts';
import { type AddressFamily, addressFamily } from '../../../core/model/address.ts';
import type { OpenReport } from '../../shared/attempt.ts';
import { foreign, type Marks } from '../../shared/marks.ts';
import type { FortimanagerClient, Method, Param } from '../client.ts';
import type { Element } from '../envelope.ts';
import { isDuplicate, isMissing, statusError } from '../errors.ts';
import type { InstallStep } from '../install.ts';
import { addressName } from '../names.ts';
import { addressObject, addressOfRow } from '../translate.ts';
import { emptyGroupsSince, isAtLeast } from '../version.ts';
import { isAdoption } from './object-adoption.ts';
import { missing, parseStranger } from './object-members.ts';
import {
  addressTable,
  families,
  groupParams,
  groupTable,
  objectUrl,
  placeholder,
  type Row,
  rowOf,
} from './object-rows.ts';

/** One address of one group that comes or goes. */
interface Item {
  report: OpenReport;
  text: string;
  op: 'add' | 'remove';
  family: AddressFamily;
  /** Name of the member. */
  name: string;
  /** The address whose object of ours it is; undefined for a member that is not ours. */
  address: string | undefined;
  error: ZonebridgeError | undefined;
}

/** One element of a request, and what depends on it. */
interface Step {
  param: Param;
  items: readonly Item[];
  /** Refusals that mean that it is done already, or need not be. */
  mayFail?: (error: ZonebridgeError) => boolean;
  install?: InstallStep;
  /** Told of a refusal, beside the items. */
  failed?: (error: ZonebridgeError) => void;
}

/** Assumption: the largest request is not documented; so many elements are sent at most. */
const stepsMax = 500;

/** The changes of one run as few requests: what is new, then what goes. Each element fails alone. */
export class ObjectBatch {
  readonly #client: FortimanagerClient;
  readonly #marks: Marks;
  readonly #reports: readonly OpenReport[];
  #items: Item[];
  readonly #addresses = new Map<string, Row | undefined>();
  readonly #adopted: OpenReport[] = [];
  readonly #missingGroups: { report: OpenReport; family: AddressFamily }[] = [];
  /** By object, so that each is installed once. */
  readonly #installs = new Map<string, InstallStep>();

  constructor(
    place: { client: FortimanagerClient; marks: Marks; hub: string },
    reports: readonly OpenReport[],
  ) {
    this.#client = place.client;
    this.#marks = place.marks;
    this.#reports = reports;
    this.#items = reports.flatMap((report) => itemsOf(report, place.hub));
  }

  get groups(): ReadonlySet<string> {
    return new Set(this.#reports.map(({ object }) => object.name));
  }

  /** What has to be installed after {@link write}. */
  get installs(): InstallStep[] {
    return [...this.#installs.values()];
  }

  /** Marks of the groups and of the address objects; members are not read, so the answer does not grow with the groups. */
  look(): Param[] {
    return [
      ...this.#reports.flatMap(({ object }) => groupParams(this.#client, object)),
      ...this.#ours().map((item) => this.#addressParam(item)),
    ];
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
      url: objectUrl(this.#client, addressTable(family), name),
      fields: ['name', 'comment', 'type', 'subnet', 'ip6'],
      loadsub: 0,
    };
  }

  /** Takes what {@link look} found. False when nothing is left to do. */
  async seen(elements: readonly Element[]): Promise<boolean> {
    const params = this.look();
    for (const [index, report] of this.#reports.entries()) {
      const rows = new Map<AddressFamily, Row | undefined>();
      for (const [at, family] of families.entries())
        rows.set(family, await rowOf(this.#client, params[index * 2 + at], elements[index * 2 + at]));
      this.#judge(report, rows);
    }
    const first = this.#reports.length * 2;
    for (const [index, item] of this.#ours().entries()) {
      const row = await rowOf(this.#client, params[first + index], elements[first + index]);
      this.#addresses.set(item.name, row);
      if (row && !this.#marks.isOurs(item.name, row.comment))
        for (const same of this.#items.filter(({ name }) => name === item.name))
          if (same.op === 'add') same.error ??= foreign(item.name);
    }
    const groups = this.#missingGroups.length + this.#adopted.length;
    return this.#items.some(({ error }) => error === undefined) || groups > 0;
  }

  #judge(report: OpenReport, rows: ReadonlyMap<AddressFamily, Row | undefined>): void {
    const { object, createWith, adoptWith } = report.changes;
    const items = this.#items.filter((item) => item.report === report);
    const adopts = isAdoption(report.changes, rows, this.#marks);
    if (adopts) this.#adopted.push(report);
    const stranger = adopts
      ? undefined
      : [...rows.values()].find((row) => row && !this.#marks.isFor(object, row.comment));
    const absent = rows.get(4) === undefined;
    const error = stranger ? foreign(object.name) : absent && !createWith ? missing(object) : undefined;
    if (error) {
      for (const item of items) item.error = error;
      if (createWith || adoptWith) report.created = { state: 'failed', error };
      return;
    }
    if (absent) this.#missingGroups.push({ report, family: 4 });
    const six = items.filter((item) => item.family === 6 && item.op === 'add');
    if (rows.get(6) !== undefined || six.length === 0) return;
    if (object.create === 'own') this.#missingGroups.push({ report, family: 6 });
    else for (const item of six) item.error = missing(object);
  }

  /** Writes everything. False when nothing of it was taken. */
  async write(): Promise<boolean> {
    const updated = await this.#send('update', [...this.#adoptionSteps(), ...this.#editedSteps()]);
    const added = await this.#send('add', [
      ...this.#groupSteps(),
      ...this.#addressSteps(),
      ...this.#memberSteps('add'),
    ]);
    const removed = await this.#send('delete', [...this.#memberSteps('remove'), ...this.#deletionSteps()]);
    this.#installAgain();
    return updated || added || removed;
  }

  /** Outcomes of everything, when the run as a whole ended so. */
  settle(whole: Outcome): void {
    for (const { report, text, error } of this.#items) {
      const own: Outcome = error ? { state: 'failed', error } : whole;
      if (report.outcomes.get(text)?.state !== 'failed') report.outcomes.set(text, own);
    }
    for (const report of this.#reports)
      if (report.changes.createWith || report.changes.adoptWith) report.created ??= whole;
  }

  /** A former tool's group gets our comment; its members stay. */
  #adoptionSteps(): Step[] {
    return this.#adopted.map((report) => {
      const { name } = report.object;
      const url = objectUrl(this.#client, groupTable(4), name);
      return {
        param: { url, data: { comment: report.changes.adoptWith?.comment } },
        items: this.#items.filter((item) => item.report === report),
        failed: (error) => void (report.created = { state: 'failed', error }),
        install: ['update', `obj/${groupTable(4)}/${name}`],
      };
    });
  }

  #groupSteps(): Step[] {
    // Before FortiOS 7.2 a group must have a member; there it keeps one that matches nothing.
    const member = isAtLeast(this.#client.version, emptyGroupsSince) ? [] : [placeholder];
    return this.#missingGroups.map(({ report, family }) => {
      const { name } = report.object;
      const comment =
        family === 4 ? (report.changes.createWith?.comment ?? '') : this.#marks.commentFor(name);
      const items = this.#items.filter((item) => item.report === report && item.family === family);
      const param = { url: objectUrl(this.#client, groupTable(family)), data: { name, comment, member } };
      const failed = (error: ZonebridgeError): void => {
        if (family === 4) report.created = { state: 'failed', error };
      };
      return { param, items, failed, install: ['add', `obj/${groupTable(family)}/${name}`] };
    });
  }

  /** An object of ours that a person edited stands for its address again. */
  #editedSteps(): Step[] {
    return this.#forAddresses(
      'add',
      (row, address) => row !== undefined && addressOfRow(row) !== address,
    ).map((items) => {
      const { family, name, address = '' } = items[0] as Item;
      const url = objectUrl(this.#client, addressTable(family), name);
      return {
        param: { url, data: addressObject(address).fields },
        items,
        install: ['update', `obj/${addressTable(family)}/${name}`],
      };
    });
  }

  #addressSteps(): Step[] {
    return this.#forAddresses('add', (row) => row === undefined).map((items) => {
      const { family, name, address = '' } = items[0] as Item;
      const data = { name, comment: this.#marks.commentFor(name), ...addressObject(address).fields };
      const param = { url: objectUrl(this.#client, addressTable(family)), data };
      return { param, items, mayFail: isDuplicate, install: ['add', `obj/${addressTable(family)}/${name}`] };
    });
  }

  #memberSteps(op: Item['op']): Step[] {
    return this.#items
      .filter((item) => item.op === op && item.error === undefined)
      .map((item) => {
        const group = item.report.object.name;
        const param = {
          url: `${objectUrl(this.#client, groupTable(item.family), group)}/member`,
          data: [item.name],
        };
        const mayFail = op === 'add' ? isDuplicate : isMissing;
        return {
          param,
          items: [item],
          mayFail,
          install: ['update', `obj/${groupTable(item.family)}/${group}`],
        };
      });
  }

  /** Objects of addresses that left. One that something else uses stays: the manager refuses it, and is never forced. */
  #deletionSteps(): Step[] {
    const added = new Set(this.#items.filter(({ op }) => op === 'add').map(({ name }) => name));
    const gone = this.#forAddresses(
      'remove',
      (row, _, name) => row !== undefined && !added.has(name) && this.#marks.isOurs(name, row.comment),
    );
    return gone.map((items) => {
      const { family, name } = items[0] as Item;
      const mayFail = (error: ZonebridgeError): boolean =>
        isMissing(error) || error.code === 'firewall/object-in-use';
      const param = { url: objectUrl(this.#client, addressTable(family), name) };
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

  async #send(method: Exclude<Method, 'get'>, steps: readonly Step[]): Promise<boolean> {
    let taken = false;
    for (let at = 0; at < steps.length; at += stepsMax) {
      const part = steps.slice(at, at + stepsMax);
      const elements = await this.#client.write(
        method,
        part.map(({ param }) => param),
      );
      for (const [index, step] of part.entries()) {
        const status = elements[index]?.status ?? { code: -1, message: 'no answer' };
        const error = status.code === 0 ? undefined : statusError(`${method} ${step.param.url}`, status);
        if (error && !step.mayFail?.(error)) fail(step, error);
        else this.#took(step, error);
        taken ||= error === undefined;
      }
    }
    return taken;
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
      if (op === 'add' && row) this.#toInstall(['update', object]);
      if (op === 'remove' && !row) this.#toInstall(['delete', object]);
    }
  }

  /** A refusal that means "done already" counts. An object that stays, because something uses it, is not taken away. */
  #took({ install }: Step, error: ZonebridgeError | undefined): void {
    if (install && error?.code !== 'firewall/object-in-use') this.#toInstall(install);
  }

  #toInstall(step: InstallStep): void {
    if (!this.#installs.has(step[1])) this.#installs.set(step[1], step);
  }
}

function fail({ items, failed }: Step, error: ZonebridgeError): void {
  for (const item of items) item.error ??= error;
  failed?.(error);
}

function itemsOf(report: OpenReport, hub: string): Item[] {
  const { add, remove } = report.changes;
  const valid = add.filter((address) => !report.outcomes.has(address));
  const common = { report, error: undefined };
  return [
    ...valid.map(
      (text): Item => ({
        ...common,
        text,
        op: 'add',
        family: addressFamily(text),
        name: addressName(hub, text),
        address: text,
      }),
    ),
    ...remove.map((text): Item => {
      const stranger = parseStranger(text);
      if (stranger) return { ...common, text, op: 'remove', ...stranger, address: undefined };
      return {
        ...common,
        text,
        op: 'remove',
        family: addressFamily(text),
        name: addressName(hub, text),
        address: text,
      };
    }),
  ];
}
