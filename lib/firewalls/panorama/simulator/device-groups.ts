import { type Element, xml } from '../xml.ts';

/** Levels of device groups below what is shared (vendor's page "Override or Revert an Object"). */
const levelsMax = 4;

const validName = /^[\w][\w .-]{0,62}$/;

/** Device groups of a Panorama: each inherits from those above it, and all from what is shared. */
export class DeviceGroups {
  readonly #above = new Map<string, string | undefined>();

  /** `paths`: a group after those above it, such as `emea/berlin`. Throws RangeError for what is no tree of at most four levels. */
  constructor(paths: readonly string[]) {
    for (const path of paths) {
      const names = path.split('/');
      if (names.length > levelsMax)
        throw new RangeError(`${JSON.stringify(path)} has more than ${levelsMax} levels.`);
      for (const [index, name] of names.entries()) this.#add(name, names[index - 1]);
    }
  }

  #add(name: string, above: string | undefined): void {
    if (!validName.test(name)) throw new RangeError(`${JSON.stringify(name)} is no name of a device group.`);
    if (this.#above.has(name) && this.#above.get(name) !== above)
      throw new RangeError(`Device group ${name} stands in two places.`);
    this.#above.set(name, above);
  }

  get names(): string[] {
    return [...this.#above.keys()];
  }

  has(name: string): boolean {
    return this.#above.has(name);
  }

  /** Groups that this one inherits from, the nearest first. */
  above(name: string): string[] {
    const above = this.#above.get(name);
    return above === undefined ? [] : [above, ...this.above(above)];
  }

  /** As `show dg-hierarchy` tells them. */
  tree(above?: string): Element[] {
    return this.names.flatMap((name, index) =>
      this.#above.get(name) === above
        ? [xml('dg', { dg_id: String(11 + index), name }, this.tree(name))]
        : [],
    );
  }
}

/** A managed firewall, `serial` or `serial@group`; without a group it is in the first one. */
export function managedFirewall(text: string): { serial: string; deviceGroup: string | undefined } {
  const [serial = '', deviceGroup] = text.split('@');
  if (!validName.test(serial)) throw new RangeError(`${JSON.stringify(text)} is no serial number.`);
  return { serial, deviceGroup };
}
