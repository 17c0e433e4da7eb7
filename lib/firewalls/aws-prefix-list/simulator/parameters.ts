import { Refusal } from './refusal.ts';

/** The fields of one element of a list. */
interface Group {
  /** Such as `Filter.1`. */
  place: string;
  field: (name: string) => string | undefined;
  list: (name: string) => string[];
}

/** Parameters of the EC2 query API: `Name`, `List.1`, `List.1.Field`. */
export class Parameters {
  readonly #values: URLSearchParams;

  constructor(body: string) {
    this.#values = new URLSearchParams(body);
  }

  get action(): string {
    return this.#values.get('Action') ?? '';
  }

  text(name: string): string | undefined {
    return this.#values.get(name) ?? undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === '')
      throw new Refusal('MissingParameter', `The request must contain the parameter ${name}`);
    return value;
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,15}$/.test(value))
      throw new Refusal('InvalidParameterValue', `Invalid value '${value}' for ${name}`);
    return Number(value);
  }

  /** `List.1`, `List.2` and so on. */
  list(name: string): string[] {
    const found: string[] = [];
    for (let index = 1; ; index++) {
      const value = this.text(`${name}.${index}`);
      if (value === undefined) return found;
      found.push(value);
    }
  }

  /** Groups of fields: `List.1.Field`. `first`: the field that every group has. */
  groups(name: string, first: string): Group[] {
    const found: Group[] = [];
    for (let index = 1; ; index++) {
      const place = `${name}.${index}`;
      if (this.text(`${place}.${first}`) === undefined) return found;
      found.push({
        place,
        field: (field: string) => this.text(`${place}.${field}`),
        list: (field: string) => this.list(`${place}.${field}`),
      });
    }
  }
}
