/** Values inside LogQL: quoting, unquoting, and the regular expressions a facet writes. */

/** A Go string literal; every escape JSON writes is one of Go's. */
export const quote = (value: string): string => JSON.stringify(value);

const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', '"': '"', "'": "'",
};

/** The value of a string token: interpreted in double quotes, raw in back-ticks. */
export function unquote(token: string): string {
  const body = token.slice(1, token.length > 1 && token.at(-1) === token[0] ? -1 : undefined);
  if (token[0] === '`') return body;
  const escape = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs;
  return body.replace(escape, (_all, x, u, U, octal, simple: string | undefined) => {
    const hex = (x ?? u ?? U) as string | undefined;
    if (hex) return String.fromCodePoint(parseInt(hex, 16));
    if (octal) return String.fromCodePoint(parseInt(octal as string, 8));
    return SIMPLE[simple ?? ''] ?? simple ?? '';
  });
}

const META = /[.*+?^${}()|[\]\\]/g;

export const escapeRegex = (text: string): string => text.replace(META, '\\$&');

/** One expression for several exact values. */
export const alternation = (values: readonly string[]): string => values.map(escapeRegex).join('|');

/** The values of an expression that is only an alternation of literals, else null. */
export function literals(regex: string): string[] | null {
  const values: string[] = [];
  let value = '';
  for (let i = 0; i < regex.length; i++) {
    const char = regex[i]!;
    if (char === '\\') {
      const next = regex[++i];
      if (next === undefined || /[A-Za-z0-9]/.test(next)) return null;
      value += next;
    } else if (char === '|') {
      values.push(value);
      value = '';
    } else if (/[.*+?^${}()[\]]/.test(char)) return null;
    else value += char;
  }
  values.push(value);
  return values.every(Boolean) ? values : null;
}
