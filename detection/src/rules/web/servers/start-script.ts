/** Which file a project's server program is, by how the project starts it. */
import type { PackageJson } from '../../../package-json.ts';
import { insidePath, joinPath, type SourceTree } from '../../../tree.ts';

/** A server program. */
export interface Program {
  /** The file that is started, relative to the project's folder; a build may have to make it first. */
  readonly entry: string;
  /** The same file or the one it is compiled from, as far as the source holds it. */
  readonly source: string | null;
  /** What starts it, as in `the script start`; null if only its path and its code say that it is a server. */
  readonly by: string | null;
}

/** Scripts that start a server as it runs in production, the likeliest first. */
const SCRIPTS = ['start:prod', 'start:production', 'serve:prod', 'start', 'serve'];

/** Programs that run a file. */
const RUNNERS: ReadonlySet<string> = new Set([
  'node',
  'nodejs',
  'tsx',
  'ts-node',
  'ts-node-esm',
  'ts-node-dev',
  'tsnd',
  'nodemon',
  'bun',
  'deno',
  'esno',
  'esr',
  'babel-node',
  'swc-node',
  'pm2-runtime',
  'forever',
]);
/** Words between a program and its file. */
const WORDS: ReadonlySet<string> = new Set(['run', 'watch', 'start']);
/** Options of theirs whose value is a word of its own. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-P',
  '--project',
  '--tsconfig',
  '--exec',
  '-x',
]);

const EXTENSIONS = ['', '.js', '.ts', '.mjs', '.cjs', '.mts', '.cts', '/index.js', '/index.ts'];

/** Where main files of servers are, the likeliest first. */
const USUAL = ['src/', '', 'server/', 'src/server/', 'app/', 'api/', 'backend/'].flatMap((folder) =>
  ['index', 'server', 'main', 'app', 'worker'].flatMap((name) =>
    ['ts', 'js', 'mjs', 'tsx', 'cjs', 'mts', 'jsx'].map((extension) => `${folder}${name}.${extension}`),
  ),
);

/** The program that a project starts: by its scripts, its Procfile, or Nest's own command; null if it starts none. */
export function startedProgram(tree: SourceTree, folder: string, pkg: PackageJson): Program | null {
  const procfile = /^web:\s*(.+)$/m.exec(tree.text(joinPath(folder, 'Procfile')) ?? '')?.[1];
  const starts: readonly (readonly [string, string])[] = [
    ...SCRIPTS.flatMap((name) => {
      const text = pkg.scripts[name];
      return text === undefined ? [] : [[`the script ${name}`, text] as const];
    }),
    ...(procfile === undefined ? [] : [['the Procfile', procfile] as const]),
  ];
  for (const [by, text] of starts) {
    const file = fileOf(text.slice(0, 2_000), pkg);
    if (file !== null) return { ...placed(tree, folder, file), by };
  }
  const nest = starts.find(([, text]) => /\bnest start\b/.test(text));
  return nest === undefined ? null : { ...placed(tree, folder, 'dist/main.js'), by: nest[0] };
}

/** The file that a command starts, relative to the project's folder; null if it starts none. */
function fileOf(command: string, pkg: PackageJson): string | null {
  for (const call of command.split(/&&|\|\||;/).toReversed()) {
    const file = fileArgument(call.trim().split(/\s+/));
    if (file === null) continue;
    const inside = insidePath('', file === '.' ? (pkg.main ?? 'index.js') : file);
    if (inside !== null && inside !== '') return inside;
  }
  return null;
}

/** The first argument of a program that runs files. */
function fileArgument(words: readonly string[]): string | null {
  const program = words.findIndex((word) => RUNNERS.has(word.slice(word.lastIndexOf('/') + 1)));
  if (program === -1) return null;
  for (let at = program + 1; at < words.length; at += 1) {
    const word = (words[at] ?? '').replace(/^["']|["']$/g, '');
    if (WITH_VALUE.has(word)) at += 1;
    else if (!word.startsWith('-') && !WORDS.has(word)) return /^[\w@./-]+$/.test(word) ? word : null;
  }
  return null;
}

/** The file as it is called, with its ending, and where it comes from. */
function placed(tree: SourceTree, folder: string, file: string): Pick<Program, 'entry' | 'source'> {
  const inTree = EXTENSIONS.map((extension) => `${file}${extension}`).find((path) =>
    tree.isFile(joinPath(folder, path)),
  );
  if (inTree !== undefined) return { entry: inTree, source: inTree };
  const entry = /\.[cm]?[jt]sx?$/.test(file) ? file : `${file}.js`;
  return { entry, source: sourceOf(tree, folder, entry) };
}

/** The file that a compiled one is made from: `dist/main.js` from `src/main.ts`. */
function sourceOf(tree: SourceTree, folder: string, entry: string): string | null {
  const bare = entry.replace(/^(?:dist|build|out|lib|output|\.build)\//, '').replace(/\.[cm]?jsx?$/, '');
  const name = bare.slice(bare.lastIndexOf('/') + 1);
  const stems = [bare, `src/${bare}`, `src/${name}`, name, `server/${name}`];
  const files = stems.flatMap((stem) =>
    ['ts', 'tsx', 'mts', 'js', 'mjs'].map((extension) => `${stem}.${extension}`),
  );
  return files.find((path) => tree.isFile(joinPath(folder, path))) ?? null;
}

/** Main files of a server that is in a folder of its own, or at the top, beside the source of a site. */
const BESIDE = USUAL.filter((path) => /^(?:(?:src\/)?server\/|api\/|backend\/|server\.)/.test(path));

/** The main files of servers that a project has beside its site, as far as their paths tell. */
export const programsBeside = (tree: SourceTree, folder: string): string[] =>
  BESIDE.filter((path) => tree.isFile(joinPath(folder, path)));

/** The main file that a project has though no script starts it; null if there is none. */
export function usualProgram(tree: SourceTree, folder: string, pkg: PackageJson): string | null {
  const named = [pkg.module, pkg.main].flatMap((file) => insidePath('', file ?? '') ?? []);
  return [...named, ...USUAL].find((path) => path !== '' && tree.isFile(joinPath(folder, path))) ?? null;
}
