/** React Router 7 and 8 in framework mode, and Remix 2 with Vite: their server build, behind a handler of ours. */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { bundle } from '../bundle.mjs';
import { PackFailure } from '../failure.mjs';
import { packWrangler, redirectedConfig } from '../wrangler-output.mjs';

/** Packages that export `createRequestHandler`, in the order of preference: a project depends on one of them. */
const RUNTIMES = ['react-router', '@remix-run/node', '@remix-run/cloudflare', '@remix-run/server-runtime'];

/** Folders that no build is in. */
const SKIPPED = ['node_modules', 'public', 'app', 'src'];
/** A project may name another folder than `build`, and one in it. */
const DEPTH = 3;

export async function pack(ctx) {
  const framework = frameworkOf(ctx);
  // A project with `@cloudflare/vite-plugin` has built a Worker of its own.
  const redirected = await redirectedConfig(ctx);
  if (redirected !== null) return { ...(await packWrangler(ctx, redirected)), framework };
  const builds = await serverBuilds(ctx.root, DEPTH);
  const [build] = builds;
  if (build === undefined)
    throw new PackFailure(
      `The build made no server: there is no server/index.js beside a client folder`,
      'Check that the build command runs "react-router build" or "remix vite:build", and that ssr is not off.',
    );
  if (builds.length > 1)
    throw new PackFailure(
      `The build made ${builds.length} servers: ${builds.map((folder) => relative(ctx.root, folder)).join(', ')}`,
      'AppFlux publishes one. Remove serverBundles and the presets of other platforms from the configuration.',
    );
  const modules = await readModules(build);
  checkIsHandled(modules.get('index.js') ?? '');
  const entry = join(build, 'appflux-server.js');
  await writeFile(entry, handler(runtimeOf(ctx)));
  const bundled = await bundle(ctx, { entry, config: { alias: aliases(ctx, modules) } });
  return { ...bundled, framework, assets: clientOf(build), workerFirst: false, notFound: 'none' };
}

function frameworkOf(ctx) {
  const remix = ctx.packageOf('@remix-run/dev')?.version;
  return remix === undefined ? `React Router ${ctx.packageOf('react-router')?.version}` : `Remix ${remix}`;
}

/** The folders of server builds: `server`, or the ones in it that serverBundles makes. */
async function serverBuilds(folder, depth) {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  if (names.includes('server') && names.includes('client')) {
    const server = join(folder, 'server');
    const inside = (await readdir(server)).map((name) => join(server, name));
    return [server, ...inside].filter((path) => existsSync(join(path, 'index.js')));
  }
  if (depth === 0) return [];
  const further = names.filter((name) => !SKIPPED.includes(name) && !name.startsWith('.'));
  const found = await Promise.all(further.map((name) => serverBuilds(join(folder, name), depth - 1)));
  return found.flat();
}

/** `client` lies beside `server`. */
const clientOf = (build) => {
  const beside = join(build, '..', 'client');
  return existsSync(beside) ? beside : join(build, '..', '..', 'client');
};

/** The text of each module of a server build, by its path. */
async function readModules(build) {
  const names = await readdir(build, { recursive: true });
  const modules = names.filter((name) => /\.m?js$/.test(name));
  return new Map(
    await Promise.all(modules.map(async (name) => [name, await readFile(join(build, name), 'utf8')])),
  );
}

/** A project with a server of its own builds that in the place of its routes. */
function checkIsHandled(text) {
  if (/\bexport\s*\{[^}]*\broutes\b[^}]*\}/.test(text)) return;
  throw new PackFailure(
    'The server build exports no routes: this project has a server of its own, such as Express',
    'Build without it: remove the input of the server build from vite.config. AppFlux calls the routes itself.',
  );
}

function runtimeOf(ctx) {
  const runtime = RUNTIMES.find((name) => ctx.packageOf(name) !== null && handles(ctx, name));
  if (runtime !== undefined) return runtime;
  throw new PackFailure(
    'Neither React Router 7 nor Remix is in node_modules',
    `Add one of ${RUNTIMES.slice(0, 3).join(', ')} to the dependencies.`,
  );
}

/** Remix uses `react-router` as well, in a version that knows no servers. */
const handles = (ctx, name) => name !== 'react-router' || ctx.majorOf(name) >= 7;

/**
 * The main module. Routes get Cloudflare's `env` and `ctx` as those of the template for Cloudflare do; with
 * middleware, the context of a request is a map, which React Router makes itself.
 */
const handler = (runtime) => `import { createRequestHandler } from '${runtime}';
import * as build from './index.js';

const handle = createRequestHandler(build, 'production');
const makesContext = ${runtime === 'react-router'} && (build.future?.v8_middleware ?? true);
export default {
  fetch: (request, env, ctx) => handle(request, makesContext ? undefined : { cloudflare: { env, ctx } }),
};
`;

/** React for Workers can't render into a stream of Node, which the server of these frameworks does by default. */
function aliases(ctx, modules) {
  const usesNode = [...modules.values()].some((text) => text.includes('renderToPipeableStream'));
  if (!usesNode || ctx.packageOf('react-dom') === null) return {};
  const require = createRequire(join(ctx.root, 'package.json'));
  return { 'react-dom/server': require.resolve('react-dom/server.node') };
}
