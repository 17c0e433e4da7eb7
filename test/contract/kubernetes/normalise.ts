/** Takes out of an answer what is chance, time or wording, and leaves what has to be the same everywhere. */
export function normalise(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalise);
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  const failed = object['kind'] === 'Status' && object['status'] === 'Failure';
  const entries = Object.entries(object)
    // Who set which field by an ordinary write is not kept by the simulator.
    .filter(([name]) => name !== 'managedFields')
    // Absent and null are the same; times of the API's own types are written as null when they are not set.
    .filter(([, inner]) => inner !== null)
    // Texts for people are free; what programs read is reason, code and causes.
    .filter(([name]) => !(name === 'message' && (failed || 'field' in object || 'reason' in object)))
    .map(([name, inner]): [string, unknown] => {
      const plain = replaced(object, name) ?? normalise(inner);
      // The API checks some fields several times and says so each time.
      return [name, name === 'causes' && Array.isArray(plain) ? unique(plain) : plain];
    });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function unique(causes: readonly unknown[]): unknown[] {
  return [...new Map(causes.map((cause) => [JSON.stringify(cause), cause])).values()];
}

const placeholders: Record<string, string | undefined> = {
  uid: 'UID',
  resourceVersion: 'N',
  creationTimestamp: 'TIME',
  deletionTimestamp: 'TIME',
  expirationTimestamp: 'TIME',
  lastTransitionTime: 'TIME',
  continue: 'TOKEN',
  token: 'TOKEN',
};

function replaced(object: Record<string, unknown>, name: string): string | undefined {
  const value = object[name];
  if (name === 'name' && typeof object['generateName'] === 'string') {
    const prefix = object['generateName'];
    return /^[a-z0-9]{5}$/.test(String(value).slice(prefix.length)) ? `${prefix}GENERATED` : undefined;
  }
  return typeof value === 'string' && value !== '' ? placeholders[name] : undefined;
}
