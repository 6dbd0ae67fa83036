/** Bundles a program of Node into one module, with everything that a Worker has no file system for. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import { pinned, SERVER } from '../../context.mjs';
import { PackFailure } from '../../failure.mjs';
import { NATIVE } from './native.mjs';
import { patches } from './patches.mjs';

/** Where a Worker finds its own modules in the file system of Node. */
const BUNDLE = '/bundle';

/** Modules of Node that start programs or threads, or need what a Worker has not. */
const WITHOUT = new Map([
  ['child_process', 'starts other programs'],
  ['cluster', 'starts other processes'],
  ['worker_threads', 'starts threads'],
]);

/** Frameworks by their packages, the most telling first. */
const FRAMEWORKS = [
  ['@nestjs/core', 'NestJS'],
  ['fastify', 'Fastify'],
  ['@hono/node-server', 'Hono'],
  ['koa', 'Koa'],
  ['@hapi/hapi', 'hapi'],
  ['express', 'Express'],
];

/**
 * @param {import('../../context.mjs').Context} ctx
 * @param {string} entry the program, absolute
 * @returns {Promise<{ atLoad: string, onRequest: string, framework: string }>} two main modules, of which the one loads the
 * program with itself and the other with the first request; and the framework, for people
 * @throws {PackFailure} by name, if the program imports what can't be in a Worker
 */
export async function bundleProgram(ctx, entry) {
  const folder = join(ctx.work, 'program');
  await mkdir(folder, { recursive: true });
  const runtime = JSON.stringify(join(SERVER, 'kinds/node/runtime.mjs'));
  const program = JSON.stringify(entry);
  const sources = {
    'at-load': `import { handler, listensAtLoad } from ${runtime};
await import(${program});
await listensAtLoad();
export default handler(null);
`,
    'on-request': `import { handler } from ${runtime};
export default handler(() => import(${program}));
`,
  };
  for (const [name, text] of Object.entries(sources)) await writeFile(join(folder, `${name}.mjs`), text);
  const metafile = await build(
    ctx,
    Object.keys(sources).map((name) => join(folder, `${name}.mjs`)),
    folder,
  );
  refuse(ctx, metafile);
  const { dependencies = {} } = JSON.parse(await readFile(join(ctx.root, 'package.json'), 'utf8'));
  const framework = FRAMEWORKS.find(([name]) => dependencies[name] !== undefined)?.[1] ?? 'Node';
  const made = (name) => join(folder, 'out', `${name}.js`);
  return { atLoad: made('at-load'), onRequest: made('on-request'), framework };
}

async function build(ctx, entryPoints, folder) {
  const esbuild = createRequire(pinned('wrangler/package.json'))('esbuild');
  const outdir = join(folder, 'out');
  try {
    const { metafile, warnings } = await esbuild.build({
      entryPoints,
      outdir,
      absWorkingDir: ctx.root,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'es2024',
      // Packages with code of their own for Workers, as pg has for its sockets, say so by these.
      conditions: ['workerd', 'worker'],
      // Frameworks name what they inject by the names of classes.
      keepNames: true,
      sourcemap: true,
      metafile: true,
      logLevel: 'silent',
      external: ['cloudflare:*', 'node:*'],
      define: {
        'process.env.NODE_ENV': '"production"',
        __dirname: JSON.stringify(BUNDLE),
        __filename: JSON.stringify(`${BUNDLE}/program.js`),
        'import.meta.url': JSON.stringify(`file://${BUNDLE}/program.js`),
      },
      plugins: [patches, builtins, natives, optionals(ctx), places(ctx)],
    });
    for (const { text } of warnings.slice(0, 5)) ctx.log(`Warning: ${text}`);
    return metafile;
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    const [first] = error.errors;
    const place = first.location === null ? '' : ` (${first.location.file}:${first.location.line})`;
    for (const { text } of error.errors.slice(0, 20)) ctx.log(text);
    throw new PackFailure(
      `The server can't be bundled: ${first.text}${place}`,
      'Install the package, or correct the import, and deploy again.',
    );
  }
}

/** CommonJS asks for modules of Node by `require`, which modules of a Worker don't have: they import them instead. */
const builtins = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /^(?:(?:node|cloudflare):)?[a-z0-9_/]+$/ }, ({ path, kind }) => {
      const isOfPlatform = path.startsWith('cloudflare:');
      if (!isOfPlatform && !isBuiltin(path)) return null;
      const name = isOfPlatform || path.startsWith('node:') ? path : `node:${path}`;
      if (kind === 'require-call' || kind === 'require-resolve') return { path: name, namespace: 'builtin' };
      return { path: name, external: true };
    });
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `import ${path.startsWith('node:') ? '' : '* as '}builtin from ${JSON.stringify(path)}; module.exports = builtin;`,
      loader: 'js',
    }));
  },
};

const LOADERS = { '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx', '.jsx': 'jsx' };

/**
 * Files of the project itself know where they are: in a Worker, its modules are below `/bundle`. Only their first line
 * gets longer, so that places in errors stay right.
 */
const places = (ctx) => ({
  name: 'places',
  setup(build) {
    build.onLoad({ filter: /(?:\.[cm]?[jt]sx?|\/[\w-]+)$/ }, async ({ path, namespace }) => {
      if (namespace !== 'file' || path.includes('/node_modules/') || !path.startsWith(ctx.root + sep))
        return null;
      const here = `${BUNDLE}/${relative(ctx.root, path)}`;
      const text = (await readFile(path, 'utf8'))
        .replace(/^#!.*/, '')
        .replaceAll('import.meta.url', () => literal(`file://${here}`));
      const names = { __dirname: dirname(here), __filename: here };
      const unknown = Object.entries(names).filter(([name]) => text.includes(name) && !declares(text, name));
      const head = unknown.map(([name, value]) => `var ${name} = ${literal(value)};`).join('');
      return { contents: head + text, loader: LOADERS[extname(path)] ?? 'jsx' };
    });
  },
});

const literal = (value) => JSON.stringify(value);
const declares = (text, name) => new RegExp(`\\b(?:const|let|var)\\s+(?:\\{[^}]*)?${name}\\b`).test(text);

/**
 * Code that was compiled for one system. Its import throws, and names the package: some have a way without it, and the
 * others throw while the program is loaded.
 */
const natives = {
  name: 'natives',
  setup(build) {
    build.onResolve({ filter: /\.node$/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === 'asked') return null;
      // `./main.node` may also be the module `main.node.js`.
      const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: 'asked' });
      const isCode = found.errors.length === 0 && !found.path.endsWith('.node');
      return isCode ? found : { path: packageIn(importer), namespace: 'native' };
    });
    build.onResolve({ filter: LOADERS_OF_NATIVES }, ({ importer }) =>
      importer.includes('/node_modules/') ? { path: packageIn(importer), namespace: 'native' } : null,
    );
    build.onLoad({ filter: /.*/, namespace: 'native' }, ({ path }) => ({
      contents: `throw Object.assign(new Error(${literal(`${path} ${NATIVE}`)}), { code: 'ERR_DLOPEN_FAILED' });
module.exports = {};`,
      loader: 'js',
    }));
  },
};

const LOADERS_OF_NATIVES = /^(?:bindings|node-gyp-build|@mapbox\/node-pre-gyp|prebuild-install)$/;

/**
 * Packages look for others that they can do without, and live with it when these are missing. What is missing is missing
 * in the Worker, too: its import throws what Node throws.
 */
const optionals = (ctx) => ({
  name: 'optionals',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === 'asked' || isBuiltin(path) || path.startsWith('cloudflare:')) return null;
      if (!importer.includes('/node_modules/') || kind === 'entry-point') return null;
      const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: 'asked' });
      return found.errors.length === 0 ? found : { path, namespace: 'missing' };
    });
    build.onLoad({ filter: /.*/, namespace: 'missing' }, ({ path }) => ({
      contents: `throw Object.assign(new Error(${JSON.stringify(`Cannot find module '${path}'`)}), { code: 'MODULE_NOT_FOUND' });
module.exports = {};`,
      loader: 'js',
      resolveDir: ctx.root,
    }));
  },
});

/** Refuses what the project's own files import; what is in packages may be for another use of them. */
function refuse(ctx, { inputs }) {
  for (const [file, { imports }] of Object.entries(inputs)) {
    if (file.includes('node_modules/') || /^(?:builtin|missing):/.test(file)) continue;
    for (const { path } of imports) {
      const name = path.replace(/^(?:builtin:)?node:/, '');
      const why = WITHOUT.get(name);
      if (why === undefined) continue;
      throw new PackFailure(
        `The server can't run: ${relative(ctx.root, join(ctx.root, file))} imports node:${name}, which ${why}`,
        'A site’s server has no processes and threads of its own. Leave this out, or run this server elsewhere.',
      );
    }
  }
}

/** The package that a file is in, or the file itself. */
const packageIn = (file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file;
