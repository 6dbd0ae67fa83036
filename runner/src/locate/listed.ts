/** Places of which only a part is on the line of the error: the rest is on lines around it. Pure. */
import { type PrintedPlace, printedPlace } from './place.ts';

/** A place, and where the line of its error stands. */
export interface ListedPlace extends PrintedPlace {
  readonly error: number;
}

/** How far up the name of a file is looked for, and how far down a caret or the end of a traceback. */
const UP = 200;
const DOWN = 60;

/** ESLint, also within Next.js: the file on a line of its own, then `3:1  error  …` or `3:1  Error: …` per problem. */
const PROBLEM = /^\s{0,10}(?<line>\d{1,7}):(?<column>\d{1,7})\s{1,10}(?:error\s|Error: )/;
const OTHER_PROBLEM = /^\s{0,10}\d{1,7}:\d{1,7}\s{1,10}\S/;
const FILE = /^(?<path>(?:\.{0,2}\/)?[^\s:"'|<>*?][^:"'|<>*?\t]{0,300}\.\w{1,9})$/;

/** SWC: `,-[/workspace/app/page.jsx:1:1]` names where the excerpt starts; a caret below it shows the place. */
const EXCERPT = /^\s{0,8}[,╭]-?─?\[(?<path>[^\]:]{1,300}):(?<line>\d{1,7}):\d{1,7}\]$/;
const EXCERPT_LINE = /^\s{0,8}(?<line>\d{1,7}) [|│] /;
const CARET = /^\s{0,12}[:·] (?<indent>\s*)\^/;
const EXCERPT_ERROR = /^(?:\w{0,20}Error:|\s{0,4}[x×])\s{1,8}\S/;

/** Python: frames from the outermost to the innermost, then the error. */
const FRAME = /^\s{1,4}File "(?<path>[^"]{1,300})", line (?<line>\d{1,7})/;
const RAISED = /^(?:[A-Za-z_][\w.]{0,100})(?:Error|Exception|Interrupt|Exit)\b/;

/** The place that this line completes; null if it completes none. */
export function readListed(lines: readonly string[], index: number): ListedPlace | null {
  return problem(lines, index) ?? excerpt(lines, index) ?? frame(lines, index);
}

function problem(lines: readonly string[], index: number): ListedPlace | null {
  const groups = PROBLEM.exec(lines[index] ?? '')?.groups;
  if (groups === undefined) return null;
  for (let at = index - 1; at >= Math.max(0, index - UP); at -= 1) {
    const line = lines[at] ?? '';
    const path = FILE.exec(line)?.groups?.path;
    if (path !== undefined) return withError(printedPlace({ ...groups, path }, 1), index);
    if (!OTHER_PROBLEM.test(line)) return null;
  }
  return null;
}

function excerpt(lines: readonly string[], index: number): ListedPlace | null {
  const groups = EXCERPT.exec(lines[index] ?? '')?.groups;
  const error = groups === undefined ? -1 : lastBefore(lines, index, EXCERPT_ERROR);
  if (groups === undefined || error === -1) return null;
  let shown: { line: string; indent: number } | null = null;
  for (let at = index + 1; at <= Math.min(index + DOWN, lines.length - 1); at += 1) {
    const line = lines[at] ?? '';
    const number = EXCERPT_LINE.exec(line);
    const caret = CARET.exec(line)?.groups?.indent;
    if (number !== null) shown = { line: number.groups?.line ?? '', indent: number[0].length };
    else if (caret !== undefined && shown !== null) {
      const column = String(line.indexOf('^') - shown.indent + 1);
      return withError(printedPlace({ ...groups, line: shown.line, column }, 1), error);
    } else if (/^\s{0,8}[`╰]/.test(line)) break;
  }
  return withError(printedPlace(groups, 1), error);
}

/** The innermost frame of the project's own code, before the error that was raised. */
function frame(lines: readonly string[], index: number): ListedPlace | null {
  if (!RAISED.test(lines[index] ?? '')) return null;
  for (let at = index - 1; at >= Math.max(0, index - UP); at -= 1) {
    const groups = FRAME.exec(lines[at] ?? '')?.groups;
    if (groups !== undefined && !isLibrary(groups.path ?? ''))
      return withError(printedPlace(groups, 1), index);
    if (/^\S/.test(lines[at] ?? '')) return null;
  }
  return null;
}

/** Python's own modules and installed packages. */
const isLibrary = (path: string): boolean =>
  /^<|\/(?:site-packages|dist-packages)\/|\/lib\/python[\d.]*\//.test(path);

function lastBefore(lines: readonly string[], index: number, pattern: RegExp): number {
  for (let at = index - 1; at >= Math.max(0, index - 8); at -= 1)
    if (pattern.test(lines[at] ?? '')) return at;
  return -1;
}

const withError = (place: PrintedPlace | null, error: number): ListedPlace | null =>
  place === null ? null : { ...place, error };
