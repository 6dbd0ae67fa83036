/** Values in Cap'n Proto's notation (capnproto.org/language.html), in which workerd reads its configuration. */

/** The value of a field that has none. */
export const VOID = Symbol('void');

/** The content of a file, whose path is relative to the text that names it. */
export class Embedded {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }
}

/** A struct, a list, or a scalar. Fields that are undefined are left out. */
export type Value =
  | string
  | number
  | boolean
  | Uint8Array
  | Embedded
  | typeof VOID
  | readonly Value[]
  | { readonly [field: string]: Value | undefined };

/** A value as text. Pure. */
export function notation(value: Value): string {
  if (value === VOID) return 'void';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Embedded) return `embed ${quoted(value.file)}`;
  if (value instanceof Uint8Array) return `0x"${Buffer.from(value).toString('hex')}"`;
  if (isList(value)) return `[${value.map(notation).join(', ')}]`;
  const fields = Object.entries(value).flatMap(([name, of]) =>
    of === undefined ? [] : [`${name} = ${notation(of)}`],
  );
  return `(${fields.join(', ')})`;
}

/** `Array.isArray` does not narrow a read-only array. */
const isList = (value: object): value is readonly Value[] => Array.isArray(value);

function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these have to be escaped
    .replace(/[\x00-\x1f\x7f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
}
