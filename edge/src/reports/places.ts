/**
 * Places of errors in what compilers and bundlers print. Pure. Lines are of a build and come from outside: every pattern
 * is tried on lines of at most LONGEST units, and its time grows with the line's length.
 */
import type { Failure } from '@appflux/protocol';
import { type Annotation, MAX_ANNOTATIONS } from './host-client.ts';

const LONGEST = 500;

/** A path without spaces, colons and brackets, with a suffix: `src/app.ts`. */
const PATH = String.raw`(?<path>(?:[A-Za-z]:)?[\w@.+~/\\-]{1,300}\.[A-Za-z][A-Za-z0-9]{0,9})`;
const pattern = (source: string, flags = '') => new RegExp(source.replace('PATH', PATH), flags);

/** Each names a place and says what is wrong there. */
const WITH_MESSAGE: readonly RegExp[] = [
  // TypeScript: src/a.ts(3,1): error TS2322: …
  pattern(String.raw`^PATH\((?<line>\d{1,7}),(?<column>\d{1,7})\): error (?<message>\S.*)$`),
  // TypeScript with colors, Vite's checker: src/a.ts:3:1 - error TS2322: …
  pattern(String.raw`^PATH:(?<line>\d{1,7}):(?<column>\d{1,7}) - error (?<message>\S.*)$`),
  // Kotlin: e: file:///workspace/src/a.kt:3:1 …
  pattern(String.raw`^e: (?:file://)?PATH:(?<line>\d{1,7}):(?<column>\d{1,7}):? (?<message>\S.*)$`),
  // esbuild, Dart, GCC, Svelte: src/a.ts:3:1: error: …
  pattern(
    String.raw`^PATH:(?<line>\d{1,7}):(?<column>\d{1,7}): (?:fatal )?(?:error|ERROR|Error): ?(?<message>\S.*)$`,
  ),
  // Java: src/A.java:3: error: …
  pattern(String.raw`^PATH:(?<line>\d{1,7}): error: (?<message>\S.*)$`),
];

/** What is wrong, and the place on a line of its own after it. */
const MESSAGE =
  /^(?:error(?:\[\w{1,10}\])?: |[✘X] \[ERROR\] |(?:Syntax|Type|Reference)?Error: )(?<message>\S.*)$/;
const PLACE_AFTER: readonly RegExp[] = [
  // Rust: --> src/main.rs:3:1
  pattern(String.raw`^-+> PATH:(?<line>\d{1,7}):(?<column>\d{1,7})$`),
  // esbuild: src/a.ts:3:1:
  pattern(String.raw`^PATH:(?<line>\d{1,7}):(?<column>\d{1,7}):?$`),
];

/** How far below a message its place is looked for. */
const WITHIN = 4;

/**
 * The places that lines of a log name, each once, in order, at most MAX_ANNOTATIONS. `rootDirectory` is where in the
 * repository the build ran: tools name paths from there.
 */
export function placesIn(lines: readonly string[], rootDirectory: string): Annotation[] {
  const found = new Map<string, Annotation>();
  const add = (groups: Record<string, string> | undefined, message: string) => {
    const path = pathInRepository(groups?.path ?? '', rootDirectory);
    const line = Number(groups?.line);
    if (path === null || line < 1 || found.size >= MAX_ANNOTATIONS) return;
    const column = groups?.column === undefined ? null : Number(groups.column);
    const key = `${path}:${line}:${message}`;
    if (!found.has(key)) found.set(key, { path, line, column: column || null, message });
  };
  const read = lines.map((line) => (line.length > LONGEST ? '' : line.trim()));
  for (const [index, line] of read.entries()) {
    const whole = WITH_MESSAGE.map((one) => one.exec(line)?.groups).find((groups) => groups !== undefined);
    if (whole !== undefined) {
      add(whole, whole.message ?? '');
      continue;
    }
    const message = MESSAGE.exec(line)?.groups?.message;
    if (message === undefined) continue;
    const place = read
      .slice(index + 1, index + 1 + WITHIN)
      .flatMap((after) => PLACE_AFTER.map((one) => one.exec(after)?.groups))
      .find((groups) => groups !== undefined);
    if (place !== undefined) add(place, message);
  }
  return [...found.values()];
}

/** Places with that of the failure first, which may be too far up in the log to be among them. */
export function withLocation(places: readonly Annotation[], failure: Failure | null): Annotation[] {
  const location = failure?.location;
  if (failure === null || location === undefined) return [...places];
  const { path, line, column } = location;
  const isListed = places.some((place) => place.path === path && place.line === line);
  if (isListed) return [...places];
  return [{ path, line, column, message: failure.message }, ...places].slice(0, MAX_ANNOTATIONS);
}

/** Where builds find the source. */
const WORKSPACE = '/workspace/';

/** A path as the repository has it; null for one that is outside of it, or of a package. */
function pathInRepository(path: string, rootDirectory: string): string | null {
  const slashes = path.replaceAll('\\', '/');
  if (slashes.startsWith('/') && !slashes.startsWith(WORKSPACE)) return null;
  const from = slashes.startsWith(WORKSPACE)
    ? slashes.slice(WORKSPACE.length)
    : `${rootDirectory}/${slashes}`;
  const parts: string[] = [];
  for (const part of from.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === 'node_modules' || /^[A-Za-z]:$/.test(part)) return null;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.length === 0 ? null : parts.join('/');
}
