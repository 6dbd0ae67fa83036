/** Pages that are what a build starts from: published as they are, they stay blank or show a template's signs. */
import { quoted } from '@appflux/protocol';
import { withoutComments } from '../../config-text.ts';
import { insidePath, joinPath, type SourceTree } from '../../tree.ts';

/** What has no end ends with the text, so that the search takes linear time. */
const COMMENTS = /<!--[\s\S]*?(?:-->|$)/g;
/** What is shown or run as it is written: a page may explain a template. */
const VERBATIM = /<(script|style|pre|code|template|textarea)\b[\s\S]*?(?:<\/\1\s*>|$)/gi;
const SCRIPT_TAG = /<script\b([^>]{0,1000})>/gi;
/** A module that is written in the page. */
const MODULE = /<script\b[^>]{0,200}\bmodule\b[^>]{0,200}>([\s\S]*?)(?:<\/script\s*>|$)/gi;
const STYLE_TAG = /<link\b([^>]{0,1000})>/gi;
const INLINE_IMPORT = /\bimport\b[^;'"<]{0,200}["']([^"']{1,300})["']/g;
/** What no browser runs: TypeScript, JSX and the components of frameworks. */
const SOURCE = /\.(?:[cm]?tsx?|jsx|vue|svelte|elm|coffee|civet|imba|rs)$/i;
const STYLE_SOURCE = /\.(?:scss|sass|less|styl)$/i;
/** Folders that a build writes to. */
const BUILT = /^(?:dist|build|out|pkg|bundle|bundles)\//;

const TEMPLATE: readonly (readonly [RegExp, string])[] = [
  [/\{%-?\s*(?:extends|block|include|load|url|if|for|set|static|csrf_token)\b/, 'a template engine'],
  [/<%[=-]?\s/, 'a bundler or a template engine'],
  [/%PUBLIC_URL%/, 'Create React App'],
  [/<\?php\b/, 'PHP'],
];

/**
 * Why a page is not finished, as the end of a sentence about it; null if nothing speaks against it. Takes the path of the
 * page, and the project's folder for paths that begin with a slash.
 */
export function whyUnbuilt(tree: SourceTree, folder: string, path: string): string | null {
  const text = tree.text(path);
  if (text === null) return null;
  if (/^\u{FEFF}?---[ \t]{0,20}\r?\n(?:[\s\S]{0,4000}?\n)?---/u.test(text))
    return 'begins with front matter, which only the generator of a site reads';
  const html = text.replace(COMMENTS, ' ');
  if (/<link\b[^>]{0,1000}\bdata-trunk\b/.test(html)) return 'is built by Trunk';
  const template = TEMPLATE.find(([sign]) => sign.test(html.replace(VERBATIM, ' ')));
  if (template !== undefined) return `is a template of ${template[1]}`;
  return whyUnrunnable(tree, folder, path, html);
}

/** Why the page can't run what it loads; null if it can. */
function whyUnrunnable(tree: SourceTree, folder: string, path: string, html: string): string | null {
  const page = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  const place = (reference: string): string | null => {
    const plain = reference.replace(/[?#].*$/s, '');
    if (plain === '' || /^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(plain)) return null;
    return insidePath(plain.startsWith('/') ? folder : page, plain.replace(/^\/+/, ''));
  };
  const scripts = [...html.matchAll(SCRIPT_TAG)].flatMap(([, tag = '']) => {
    // The compilers of Babel and TypeScript for browsers read scripts of these types.
    if (/\btype\s*=\s*["']?text\/(?:babel|jsx|typescript)/i.test(tag)) return [];
    return attribute(tag, 'src') ?? [];
  });
  const inline = [...html.matchAll(MODULE)].flatMap(([, text = '']) =>
    [...text.matchAll(INLINE_IMPORT)].flatMap(([, from = '']) => (SOURCE.test(from) ? from : [])),
  );
  const styles = [...html.matchAll(STYLE_TAG)].flatMap(([, tag = '']) =>
    /\brel\s*=\s*["']?stylesheet["'\s/]/i.test(`${tag} `) ? (attribute(tag, 'href') ?? []) : [],
  );
  const source = [...scripts, ...inline, ...styles].find((from) => {
    const file = place(from);
    return file !== null && (SOURCE.test(file) || (STYLE_SOURCE.test(file) && styles.includes(from)));
  });
  if (source !== undefined) return `loads ${quoted(source)}, which browsers can’t run`;
  const hasMap = /<script\b[^>]{0,200}\bimportmap\b/i.test(html);
  for (const script of scripts) {
    const file = place(script);
    if (file === null) continue;
    const wanted = tree.isFile(file) ? unresolved(tree.text(file) ?? '', hasMap) : null;
    if (wanted !== null)
      return `loads ${quoted(script)}, which imports ${quoted(wanted)}: only a bundler can`;
    if (!tree.isFile(file) && isMadeByBuild(tree, folder, file))
      return `loads ${quoted(script)}, which is not in the source: a build has to create it`;
  }
  return null;
}

const attribute = (tag: string, name: string): string | null =>
  new RegExp(String.raw`\b${name}\s*=\s*["']?([^"'\s>]{1,300})`, 'i').exec(tag)?.[1] ?? null;

const IMPORT =
  /(?:^|[;}\n])\s{0,40}(?:import|export)\b(?:[^'"`;]{0,500}?\bfrom)?\s{0,9}["']([^"'\n]{1,200})["'](?!\s{1,9}(?:with|assert)\b)/g;

/** What a module imports that a browser can't: a package by its name, or a file that is no JavaScript. */
function unresolved(text: string, hasMap: boolean): string | null {
  for (const [, from = ''] of withoutComments(text).matchAll(IMPORT)) {
    const isPath = /^(?:\.{0,2}\/|[a-z]+:)/.test(from);
    if (!isPath && !hasMap) return from;
    const file = from.replace(/[?#].*$/s, '');
    if (isPath && (SOURCE.test(file) || /\.(?:css|svg|png|jpe?g|gif|webp|module\.\w+)$/i.test(file)))
      return from;
  }
  return null;
}

/** Elm, and folders that builds write to and that the source does not have. */
const isMadeByBuild = (tree: SourceTree, folder: string, file: string): boolean => {
  if (tree.isFile(joinPath(folder, 'elm.json'))) return true;
  const inside = folder === '' ? file : file.slice(folder.length + 1);
  return BUILT.test(inside) && !tree.isFolder(joinPath(folder, inside.split('/')[0] ?? ''));
};
