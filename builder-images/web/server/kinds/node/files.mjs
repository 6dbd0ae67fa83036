/** The files that a server of Node reads while it runs, or hands out. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, sep } from 'node:path';
import { pinned } from '../../context.mjs';

/** Where builds put the pages of a front end that the server hands out, and where files are kept. The likeliest first. */
const PUBLIC = [
  'dist/public',
  'dist/client',
  'build/client',
  'client/dist',
  'client/build',
  'public',
  'static',
];
/** Folders that may also hold the server. */
const MIXED = ['dist', 'build'];
/** What else servers read: templates, texts and tables. */
const READ = ['views', 'templates', 'emails', 'locales', 'i18n', 'data'];

/** They count as modules: what is larger is only served, not read. */
const MAX_FILES = 500;
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_SCRIPTS = 512 * 1024;

/** @returns {Promise<string | null>} what is served without the server, absolute; null if there is nothing */
export async function publicFolder({ root, plan }) {
  const entry = join(root, plan.entry ?? '');
  const found = [
    ...PUBLIC.map((name) => join(root, name)).filter((path) => existsSync(path)),
    ...MIXED.map((name) => join(root, name)).filter(
      (path) => existsSync(join(path, 'index.html')) && !entry.startsWith(path + sep),
    ),
  ];
  for (const path of found) if ((await readdir(path)).length > 0) return path;
  return null;
}

/**
 * Copies the files that the program may read beside its modules, where node:fs finds them below `/bundle`.
 * @param {import('../../context.mjs').Context} ctx
 * @param {string} modules
 */
export async function addFiles(ctx, modules) {
  for (const folder of [...PUBLIC, ...MIXED, ...READ]) {
    const files = await filesIn(join(ctx.root, folder));
    const isMixed = MIXED.includes(folder);
    const taken = files.filter(({ path }) => !isMixed || !/\.(?:[cm]?[jt]sx?|map)$/.test(path));
    const bytes = taken.reduce((sum, { size }) => sum + size, 0);
    if (taken.length > MAX_FILES || bytes > MAX_BYTES) {
      ctx.log(
        `The files in ${folder} are served, but the server can't read them: they are too many or too large.`,
      );
      continue;
    }
    const scripts = { bytes: 0 };
    const left = [];
    for (const { path } of taken) {
      const to = join(modules, folder, path);
      if (existsSync(to)) continue;
      if (!(await mayBeModule(join(ctx.root, folder, path), scripts))) {
        left.push(`${folder}/${path}`);
        continue;
      }
      await mkdir(dirname(to), { recursive: true });
      await copyFile(join(ctx.root, folder, path), to);
    }
    if (left.length > 0) {
      const named = left.slice(0, 3).join(', ') + (left.length > 3 ? ` and ${left.length - 3} more` : '');
      ctx.log(`The server can't read ${named}: a Worker would have to load such files as modules.`);
    }
  }
}

/**
 * Files of these kinds are loaded with the Worker, so that a broken one would end it, and scripts take time to compile:
 * moduleType of the protocol.
 */
async function mayBeModule(path, scripts) {
  const kind = extname(path).slice(1);
  if (!['js', 'mjs', 'cjs', 'json', 'wasm', 'txt', 'html', 'sql', 'css'].includes(kind)) return true;
  if (kind === 'wasm' || kind === 'cjs') return false;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path));
    if (kind === 'json') JSON.parse(text);
    if (kind !== 'js' && kind !== 'mjs') return true;
    scripts.bytes += text.length;
    if (scripts.bytes > MAX_SCRIPTS) return false;
    const esbuild = createRequire(pinned('wrangler/package.json'))('esbuild');
    // An import would be looked for when the Worker is loaded.
    const { code } = await esbuild.transform(text, { loader: 'js', format: 'esm', logLevel: 'silent' });
    return !/^\s*(?:import|export)\b/m.test(code);
  } catch (error) {
    // Not UTF-8, no JSON, or no module.
    if (error instanceof TypeError || error instanceof SyntaxError || Array.isArray(error.errors))
      return false;
    throw error;
  }
}

/** Regular files below a folder, without what begins with a dot; none if there is no such folder. */
async function filesIn(folder) {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (!entry.isFile() || path.split(sep).some((part) => part.startsWith('.') || part === 'node_modules'))
      continue;
    files.push({ path, size: (await stat(join(folder, path))).size });
  }
  return files;
}
