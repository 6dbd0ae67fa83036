/**
 * Reads literal values from a Gradle script. A script is a program, in Groovy or Kotlin. It is not run
 * but searched as text, in time linear to its length: every repetition in a pattern has a bound.
 */
import { withoutComments } from '../config-text.ts';

/** A script without its comments. Groovy, Kotlin and JavaScript write comments and strings alike. */
export const scriptText = (text: string | null): string => (text === null ? '' : withoutComments(text));

const MODULE = /["'](:?[\w.-]{1,100}(?::[\w.-]{1,100}){0,10})["']/g;

const MAX_MODULES = 500;
/** Handwritten lines are shorter, and a pattern's time grows with the line. */
const MAX_LINE = 20_000;

/**
 * The modules that a settings script includes, as `:app` or `:feature:home`. Takes `include ':a', ':b'` and
 * `include(":a", ":b")`, also over several lines.
 */
export function includedModules(settings: string): string[] {
  const modules = new Set<string>();
  let list: 'none' | 'open' | 'comma' = 'none';
  for (const line of settings.split(/[\n;]/)) {
    if (line.length > MAX_LINE) continue;
    const start: number = list === 'none' ? line.search(/(?<![\w.])include(?=[\s("'])/) : 0;
    if (start === -1) continue;
    const rest: string = (list === 'none' ? line.slice(start + 'include'.length) : line).trim();
    for (const [, name = ''] of rest.matchAll(MODULE)) modules.add(name.startsWith(':') ? name : `:${name}`);
    const isOpen = list === 'open' || (list === 'none' && rest.startsWith('('));
    if (isOpen) list = rest.includes(')') ? 'none' : 'open';
    else list = rest.endsWith(',') ? 'comma' : 'none';
    if (modules.size >= MAX_MODULES) break;
  }
  return [...modules].slice(0, MAX_MODULES);
}

/** The folders that a settings script gives modules, as in `project(':x').projectDir = file('y')`, by module. */
export function projectFolders(settings: string): ReadonlyMap<string, string> {
  const folders = new Map<string, string>();
  for (const line of settings.split('\n')) {
    if (line.length > MAX_LINE) continue;
    const match = /^[ \t]{0,20}project\(["']([\w:.-]{1,200})["']\)\.projectDir[ \t]{0,9}=(.{1,300})$/.exec(
      line,
    );
    const folder = /["']([\w@./-]{1,200})["'][ \t)]{0,9}$/.exec(match?.[2] ?? '')?.[1];
    if (match?.[1] !== undefined && folder !== undefined) folders.set(match[1], folder);
  }
  return folders;
}

/** The plugins that a script applies; one with `apply false` is only made known to others. */
export function appliedPlugins(script: string): { ids: string[]; accessors: string[] } {
  const ids: string[] = [];
  const accessors: string[] = [];
  for (const line of script.split(/[\n;]/)) {
    if (line.length > 1000 || /\bapply[ \t(]{1,9}false/.test(line)) continue;
    const id =
      /\bid[ \t]{0,9}\(?[ \t]{0,9}["']([\w.-]{1,200})["']/.exec(line)?.[1] ??
      /\bapply[ \t]{0,9}\(?[ \t]{0,9}plugin[ \t]{0,9}[:=][ \t]{0,9}["']([\w.-]{1,200})["']/.exec(line)?.[1];
    if (id !== undefined) ids.push(id);
    const accessor = /\balias[ \t]{0,9}\(?[ \t]{0,9}\w{1,60}\.plugins\.([\w.]{1,200})/.exec(line)?.[1];
    if (accessor !== undefined) accessors.push(accessor);
  }
  return { ids, accessors };
}

/** The names of the blocks right inside the block `name`, such as the flavors in `productFlavors`. */
export function namesInBlock(script: string, name: string): string[] {
  const start = new RegExp(String.raw`\b${name}[ \t]{0,9}\{`).exec(script);
  if (start === null) return [];
  const names: string[] = [];
  let depth = 1;
  // Strings are stepped over, so that a brace in one opens nothing.
  const tokens = /"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|[{}]/g;
  tokens.lastIndex = start.index + start[0].length;
  let last = tokens.lastIndex;
  for (let token = tokens.exec(script); token !== null && depth > 0; token = tokens.exec(script)) {
    if (!/[{}]/.test(token[0][0] ?? '')) continue;
    if (token[0] === '{') {
      const own =
        depth === 1 ? blockName(script.slice(Math.max(last, token.index - 160), token.index)) : null;
      if (own !== null && names.length < 50) names.push(own);
      depth += 1;
    } else depth -= 1;
    last = tokens.lastIndex;
  }
  return names;
}

/** `free`, `create("free")`, `register('free')`, `getByName("free")`. */
const blockName = (head: string): string | null =>
  /\b(?:create|register|maybeCreate|getByName)[ \t]{0,9}\([ \t]{0,9}["'](\w{1,60})["'][ \t]{0,9}\)[ \t]{0,9}$/.exec(
    head,
  )?.[1] ??
  /(?:^|[\s;])["']?(\w{1,60})["']?[ \t]{0,9}$/.exec(head)?.[1] ??
  null;

/** What `versionName` is set to: a text, or an accessor of the version catalog; null if it is computed. */
export function versionName(script: string): { text: string } | { accessor: string } | null {
  const set = /\bversionName[ \t]{0,9}\(?[ \t]{0,9}=?[ \t]{0,9}(.{1,200})/.exec(script)?.[1];
  if (set === undefined) return null;
  const text = /^["']([^"'$\\]{1,100})["']/.exec(set)?.[1];
  if (text !== undefined) return { text };
  const accessor = /^libs\.versions\.([\w.]{1,150}?)(?:\.get\(\))?(?:\.toString\(\))?[ \t)}]{0,20}$/.exec(
    set,
  )?.[1];
  return accessor === undefined ? null : { accessor };
}

/** The version of the Android plugin that a script names, or null. */
export const androidPluginVersion = (script: string): string | null =>
  /com\.android\.tools\.build:gradle:(\d[\w.-]{0,40})/.exec(script)?.[1] ??
  /["']com\.android\.(?:application|library)["'][ \t]{0,9}\)?[ \t]{0,9}version[ \t]{0,9}\(?["'](\d[\w.-]{0,40})["']/.exec(
    script,
  )?.[1] ??
  null;
