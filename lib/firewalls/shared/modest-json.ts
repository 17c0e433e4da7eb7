/** Shorter texts cannot cost much memory whatever they hold. */
const unchecked = 1024 * 1024;
/** Lists and objects; ten times what the largest table of a device has rows. */
const containersMax = 3_000_000;
/** FortiOS nests its answers less than ten deep. */
const depthMax = 64;

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('"\\{}[]');

/**
 * Whether a text can be parsed as JSON without taking far more memory than it is long: 60 MB of brackets become 3 GB of lists.
 * Says nothing about whether it is JSON.
 */
export function isModest(text: string): boolean {
  if (text.length <= unchecked) return true;
  let containers = 0;
  let depth = 0;
  let inText = false;
  for (let place = 0; place < text.length; place++) {
    const sign = text.charCodeAt(place);
    if (inText) {
      if (sign === backslash) place += 1;
      else if (sign === quote) inText = false;
    } else if (sign === quote) {
      inText = true;
    } else if (sign === openBrace || sign === openBracket) {
      containers += 1;
      depth += 1;
      if (containers > containersMax || depth > depthMax) return false;
    } else if (sign === closeBrace || sign === closeBracket) {
      depth -= 1;
    }
  }
  return true;
}
