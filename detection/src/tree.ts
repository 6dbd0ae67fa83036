/**
 * What detection knows of a source: names, and the text of the few files that say what it is. No I/O: it
 * works in a browser, too.
 */

export type NodeKind = 'file' | 'folder';

/** Puts path parts together; `.` and empty parts vanish. Both sides are relative, without `..`. */
export const joinPath = (...parts: readonly string[]): string =>
  parts
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '' && part !== '.')
    .join('/');

/**
 * A path that source text names, seen from `folder`: in its plain form, or null if it is absolute or leads
 * out of the tree.
 */
export function insidePath(folder: string, path: string): string | null {
  if (path.startsWith('/') || path.includes('\\') || path.includes('\0')) return null;
  const result: string[] = [];
  for (const part of joinPath(folder, path).split('/')) {
    if (part !== '..') result.push(part);
    else if (result.pop() === undefined) return null;
  }
  return result.join('/');
}

/** A listing of a source tree. Paths are relative to its top, with forward slashes; the top itself is ''. */
export class SourceTree {
  readonly #kinds: ReadonlyMap<string, NodeKind>;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #names: ReadonlyMap<string, readonly string[]>;
  /** The root directory: where the build runs. */
  readonly base: string;

  constructor(
    kinds: ReadonlyMap<string, NodeKind>,
    texts: ReadonlyMap<string, string>,
    base = '',
    names: ReadonlyMap<string, readonly string[]> = namesByFolder(kinds.keys()),
  ) {
    this.#kinds = kinds;
    this.#texts = texts;
    this.#names = names;
    this.base = base;
  }

  /** The same tree, seen from another root directory. */
  from(base: string): SourceTree {
    return new SourceTree(this.#kinds, this.#texts, base, this.#names);
  }

  isFile(path: string): boolean {
    return this.#kinds.get(path) === 'file';
  }

  isFolder(path: string): boolean {
    return path === '' || this.#kinds.get(path) === 'folder';
  }

  /** The names in a folder, in order. */
  names(folder: string): readonly string[] {
    return this.#names.get(folder) ?? [];
  }

  /** A file's text; null if there is no such file or its text was not wanted. */
  text(path: string): string | null {
    return this.#texts.get(path) ?? null;
  }

  /** All files, in order. */
  files(): string[] {
    return [...this.#kinds]
      .filter(([, kind]) => kind === 'file')
      .map(([path]) => path)
      .sort();
  }

  /** The first of these files that is in `folder`, as a path. */
  firstFile(folder: string, names: readonly string[]): string | null {
    return names.map((name) => joinPath(folder, name)).find((path) => this.isFile(path)) ?? null;
  }

  /** `folder` and the folders above it, nearest first. */
  upward(folder: string): string[] {
    const parts = folder === '' ? [] : folder.split('/');
    return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('/')), ''];
  }
}

function namesByFolder(paths: Iterable<string>): Map<string, string[]> {
  const byFolder = new Map<string, string[]>();
  for (const path of [...paths].sort()) {
    const slash = path.lastIndexOf('/');
    const folder = slash === -1 ? '' : path.slice(0, slash);
    const names = byFolder.get(folder) ?? [];
    names.push(path.slice(slash + 1));
    byFolder.set(folder, names);
  }
  return byFolder;
}

/** A tree from texts by path, as tests and a browser have them. Folders are implied. */
export function treeFromTexts(texts: Readonly<Record<string, string>>, base = ''): SourceTree {
  const kinds = new Map<string, NodeKind>();
  for (const path of Object.keys(texts)) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1)
      kinds.set(parts.slice(0, depth).join('/'), 'folder');
    kinds.set(path, 'file');
  }
  const wanted = Object.entries(texts).filter(([path]) => wantedText(path) !== null);
  return new SourceTree(kinds, new Map(wanted), base);
}

export interface WantedText {
  readonly maxBytes: number;
  /** Whether the beginning of a longer file will do; else a longer file is refused. */
  readonly headOnly: boolean;
}

const KB = 1024;
const SMALL: WantedText = { maxBytes: 4 * KB, headOnly: true };
const MEDIUM: WantedText = { maxBytes: 64 * KB, headOnly: true };
const LARGE: WantedText = { maxBytes: 1024 * KB, headOnly: true };

const BY_NAME: ReadonlyMap<string, WantedText> = new Map<string, WantedText>([
  ['package.json', { maxBytes: 1024 * KB, headOnly: false }],
  ['appflux.json', { maxBytes: 64 * KB, headOnly: false }],
  ['angular.json', { maxBytes: 512 * KB, headOnly: true }],
  ...[
    'yarn.lock',
    '.nvmrc',
    '.bun-version',
    '.node-version',
    '.tool-versions',
    '.yarnrc.yml',
    'mise.toml',
    '.mise.toml',
    '.fvmrc',
    'fvm_config.json',
    '.java-version',
    '.sdkmanrc',
    'gradle-daemon-jvm.properties',
  ].map((name) => [name, SMALL] as const),
  ...[
    [
      'manifest.json',
      'config.toml',
      '.eleventy.js',
      'lerna.json',
      'nx.json',
      'turbo.json',
      'project.json',
      'app.json',
    ],
    ['pnpm-workspace.yaml', 'pubspec.yaml', 'libs.versions.toml', 'Cargo.toml', 'config.xml'],
    ['capacitor.config.json', 'neutralino.config.json', 'wails.json'],
    ['tauri.conf.json', 'tauri.conf.json5', 'Tauri.toml'],
    ['tauri.linux.conf.json', 'tauri.linux.conf.json5', 'Tauri.linux.toml'],
    ['electron-builder.json', 'electron-builder.json5', 'electron-builder.yml', 'electron-builder.yaml'],
    ['electron-builder.toml'],
    ['pnpm-lock.yaml', 'netlify.toml'],
    ['_config.yml', '_config.yaml', '_config.toml', 'mkdocs.yml', 'mkdocs.yaml'],
    ['hugo.toml', 'hugo.yaml', 'hugo.yml', 'hugo.json', 'config.yaml', 'config.yml', 'config.json'],
    ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml', 'nest-cli.json', 'Procfile'],
  ]
    .flat()
    .map((name) => [name, MEDIUM] as const),
  ...['settings.gradle', 'settings.gradle.kts', 'build.gradle', 'build.gradle.kts'].map(
    (name) => [name, LARGE] as const,
  ),
]);
/** Where the main file of a server is, by the folders that projects and their workspaces have. */
const PROGRAM =
  /^(?:[^/]+\/){0,2}(?:(?:src|server|api|app|backend|worker|bin)\/){0,2}(?:index|main|server|app|worker|www)(?:\.[cm]?[jt]sx?)?$/;
const CONFIG = /^(?:(?:[a-z-]+\.)?config|gulpfile(?:\.babel)?)\.[cm]?[jt]s$/;
const PAGE: WantedText = { maxBytes: 16 * KB, headOnly: true };
/** Start pages, and manifests of other languages. Only near the top: deeper ones are examples and finished pages. */
const NEAR_TOP =
  /^(?:[^/]+\/){0,3}(?:requirements\.txt|pyproject\.toml|Pipfile|go\.mod|Gemfile|pom\.xml|[\w.-]+\.(?:cs|fs)proj|deno\.jsonc?|action\.ya?ml|Staticfile|polymer\.json)$/;
const NEAR_PAGE = /^(?:[^/]+\/){0,3}index\.html$/;

/** Whether detection reads a file, and how much of it. */
export function wantedText(path: string): WantedText | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (
    BY_NAME.get(name) ??
    (NEAR_PAGE.test(path)
      ? PAGE
      : CONFIG.test(name) || isProgram(path) || NEAR_TOP.test(path)
        ? MEDIUM
        : null)
  );
}

/** A file without an ending is a program only where Express's generator puts one. */
const isProgram = (path: string): boolean =>
  PROGRAM.test(path) && (path.includes('.', path.lastIndexOf('/')) || path.endsWith('bin/www'));
