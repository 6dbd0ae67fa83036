/** Stack traces of V8 (https://v8.dev/docs/stack-trace-api): where their frames are, and the same with other places. Pure. */
import { printable, type SourcePlace } from '@appflux/protocol';

/** A frame's place in a module of the site. */
export interface Frame {
  /** The line of the stack that it is in, from 0. */
  readonly index: number;
  readonly module: string;
  readonly line: number;
  readonly column: number;
}

const LARGEST = 1_000_000_000;

/** The frames of a stack that name a place. */
export function framesOf(stack: string): Frame[] {
  return stack.split('\n').flatMap((text, index) => {
    const at = placeIn(text);
    if (at === null) return [];
    const [line, column] = [Number(at.line), Number(at.column)];
    if (!(line >= 1 && line < LARGEST && column >= 1 && column < LARGEST)) return [];
    return [{ index, module: at.module.replace(/^file:\/\/\//, '').replace(/^\.?\//, ''), line, column }];
  });
}

/** `at name (module:line:column)`, or the same without name and parentheses. */
function placeIn(
  frame: string,
): { module: string; line: string; column: string; from: number; to: number } | null {
  const numbers = /:(\d{1,10}):(\d{1,10})\)?$/.exec(frame);
  if (numbers === null || !frame.startsWith('at ')) return null;
  const inParentheses = frame.endsWith(')');
  const open = inParentheses ? frame.lastIndexOf('(', numbers.index) : -1;
  if (inParentheses && open === -1) return null;
  const from = inParentheses ? open + 1 : frame.startsWith('at async ') ? 'at async '.length : 'at '.length;
  const module = frame.slice(from, numbers.index);
  if (module === '') return null;
  return {
    module,
    line: numbers[1] ?? '',
    column: numbers[2] ?? '',
    from,
    to: frame.length - (inParentheses ? 1 : 0),
  };
}

/** The stack with places of the source, where they are known, by the index of their line. */
export function withPlaces(stack: string, places: ReadonlyMap<number, SourcePlace>): string {
  return stack
    .split('\n')
    .map((text, index) => {
      const place = places.get(index);
      const at = place === undefined ? null : placeIn(text);
      if (place === undefined || at === null) return text;
      return `${text.slice(0, at.from)}${place.file}:${place.line}:${place.column}${text.slice(at.to)}`;
    })
    .join('\n');
}

/** The first frame that is of the site's own source rather than of a package; else the first one of all. */
export function throwingPlace(places: ReadonlyMap<number, SourcePlace>): SourcePlace | null {
  const inOrder = [...places].sort(([a], [b]) => a - b).map(([, place]) => place);
  return inOrder.find(({ file }) => !/(?:^|\/)node_modules\//.test(file)) ?? inOrder[0] ?? null;
}

/**
 * A source's path as people know it: relative to the project, without the scheme of a bundler. A map can name its sources
 * in any way, so it is made printable, too.
 */
export function sourceFile(source: string): string {
  const path = source.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\//i, '').replaceAll('\\', '/');
  const parts: string[] = [];
  for (const part of path.split(/[?#]/, 1)[0]?.split('/') ?? []) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return printable(parts.join('/'), 300) || 'unknown';
}
