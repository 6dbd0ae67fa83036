/** Places that tools spread over lines in a way of their own. Pure. */
import type { ListedPlace } from './listed.ts';
import { type PrintedPlace, printedPlace } from './place.ts';

/** How far up the file of a position is looked for. */
const UP = 30;

/** Astro: the error, `Location:`, and the place on the third line. */
const LOCATION = /^\s{1,8}(?<path>[^\s:][^:\n]{0,300}):(?<line>\d{1,7}):(?<column>\d{1,7})$/;

/** MDX within Vite: `[plugin @mdx-js/rollup] /workspace/a.mdx`, then `3:42: …`. */
const POSITION = /^(?<line>\d{1,7}):(?<column>\d{1,7}): \S/;
const OF_PLUGIN = /^\[plugin [^\]]{1,80}\] (?<path>[^\s:]{1,300})$/;

/** Docusaurus: the file, the cause, and then `"line": 3,` in its details. */
const LINE_DETAIL = /^ {2}"line": (?<line>\d{1,7}),$/;
const COLUMN_DETAIL = /^ {2}"column": (?<column>\d{1,7}),$/;
const OF_MDX = /^Error: MDX compilation failed for file "(?<path>[^"]{1,300})"/;

/** Rspack: `File: ./src/a.js:1:1` is the module; its excerpt begins with `╭─[2:0]`. */
const EXCERPT = /^\s{1,16}[╭,]-?─?\[(?<line>\d{1,7}):(?<column>\d{1,7})\]$/;
const OF_RSPACK = /^File: (?<path>[^\s:]{1,300})(?::\d{1,7}:\d{1,7})?$/;

/** The place that this line completes; null if it completes none. */
export const readAcross = (lines: readonly string[], index: number): ListedPlace | null =>
  ofAstro(lines, index) ?? ofPlugin(lines, index) ?? ofDocusaurus(lines, index) ?? ofRspack(lines, index);

function ofAstro(lines: readonly string[], index: number): ListedPlace | null {
  if (index < 2 || lines[index - 1]?.trim() !== 'Location:') return null;
  return at(printedPlace(LOCATION.exec(lines[index] ?? '')?.groups, 1), index - 2);
}

function ofPlugin(lines: readonly string[], index: number): ListedPlace | null {
  const position = POSITION.exec(lines[index] ?? '')?.groups;
  const file = position === undefined ? undefined : OF_PLUGIN.exec(lines[index - 1] ?? '')?.groups;
  return file === undefined ? null : at(printedPlace({ ...position, ...file }, 1), index - 1);
}

function ofDocusaurus(lines: readonly string[], index: number): ListedPlace | null {
  const position = LINE_DETAIL.exec(lines[index] ?? '')?.groups;
  const found = position === undefined ? null : above(lines, index, OF_MDX, UP);
  if (found === null) return null;
  const around = lines.slice(Math.max(0, index - 4), index + 2);
  const column = around
    .map((line) => COLUMN_DETAIL.exec(line)?.groups)
    .find((groups) => groups !== undefined);
  return at(printedPlace({ ...position, ...column, ...found.groups }, 1), found.index);
}

function ofRspack(lines: readonly string[], index: number): ListedPlace | null {
  const position = EXCERPT.exec(lines[index] ?? '')?.groups;
  const found = position === undefined ? null : above(lines, index, OF_RSPACK, 6);
  return found === null ? null : at(printedPlace({ ...position, ...found.groups }, 1), found.index + 1);
}

/** The nearest line above that matches, and where it stands. */
function above(lines: readonly string[], index: number, pattern: RegExp, reach: number) {
  for (let line = index - 1; line >= Math.max(0, index - reach); line -= 1) {
    const groups = pattern.exec(lines[line] ?? '')?.groups;
    if (groups !== undefined) return { groups, index: line };
  }
  return null;
}

const at = (place: PrintedPlace | null, error: number): ListedPlace | null =>
  place === null ? null : { ...place, error };
