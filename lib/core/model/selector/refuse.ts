import { ZonebridgeError } from '../../errors.ts';

/** A refusal of a selector text. `position` counts characters from 1 (UTF-16 code units); the message stays on one line. */
export function refuseText(position: number, seen: string, expected: string): ZonebridgeError {
  return new ZonebridgeError('selector/invalid', `at character ${position}: ${seen}; expected ${expected}`, {
    fields: { position, seen, expected },
  });
}

/** A refusal of a LabelSelector. `path` is the place in the object, such as `matchExpressions[0].operator`. */
export function refuseObject(path: string, seen: string, expected: string): ZonebridgeError {
  const place = path === '' ? '' : `${path}: `;
  return new ZonebridgeError('selector/invalid', `${place}${seen}; expected ${expected}`, {
    fields: { path, seen, expected },
  });
}
