/** Where an error is, from the line that reports it. Pure. */

/** A place in the source. */
export interface ErrorPlace {
  file: string;
  /** From 1. */
  line: number;
  /** From 1; null when only the line is known. */
  column: number | null;
}

/** The endings of source files: a host with a port looks like a file with a line otherwise. */
const ENDINGS =
  '[cm]?[jt]sx?|vue|svelte|astro|css|scss|sass|less|html?|json[5c]?|ya?ml|toml|mdx?|dart|kts?|java|gradle|groovy|swift|mm?|rs|go|py|rb|c|cc|cpp|hp?p?|xml|cs|php|sh';

/** `src/a.ts:12:5`, `src/a.ts:12` and `src/a.ts(12,5)`; not within a URL. */
const PLACE = new RegExp(
  `(?<![\\w@.+~/:-])(?<file>[\\w@.+~/-]{1,300}\\.(?:${ENDINGS}))(?::(?<line>\\d{1,7})(?::(?<column>\\d{1,7}))?|\\((?<row>\\d{1,7}),(?<position>\\d{1,7})\\))(?!\\w)`,
);

/** The first place that a line of an error names; null if it names none. */
export function errorPlace(message: string): ErrorPlace | null {
  const { file, line, column, row, position } = PLACE.exec(message)?.groups ?? {};
  const at = Number(line ?? row);
  if (file === undefined || !(at >= 1)) return null;
  const offset = Number(column ?? position);
  return { file: file.replace(/^\.\//, ''), line: at, column: offset >= 1 ? offset : null };
}

/** `src/a.ts:12:5`. */
export const formatPlace = ({ file, line, column }: ErrorPlace): string =>
  column === null ? `${file}:${line}` : `${file}:${line}:${column}`;
