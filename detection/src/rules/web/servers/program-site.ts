/** Sites that are a server of their own: Workers with a wrangler configuration, Hono, Nitro, and servers of Node. */
import type { PackageJson } from '../../../package-json.ts';
import { because, type Reason } from '../../../reason.ts';
import { joinPath } from '../../../tree.ts';
import type { Finding, Refusal } from '../../rule.ts';
import { chooseBuild } from '../build-command.ts';
import { finishSite, type PackagedFolder } from '../packaged-site.ts';
import { builtByVite, honoSite } from './hono.ts';
import { cannotRun, onlyOn } from './refused.ts';
import { exportsDefault, listens, otherRuntime, programText, servesFilesOnly } from './source.ts';
import { type Program, programsBeside, startedProgram, usualProgram } from './start-script.ts';
import { mayPublish, needsServer, SERVER_OUTPUT, type ServerProgram } from './with-server.ts';
import { assetsFrom, type WranglerConfig, wranglerIn, wranglerRefusal } from './wrangler.ts';

const STATIC_HINT =
  'If a subfolder has a front end, set it as the root directory. If the build creates files to publish, set outputs in the app.';

/**
 * The server that a package is, where it is no site of a framework; null if it is none.
 */
export function programSite(place: PackagedFolder): Finding | Refusal | null {
  const wrangler = wranglerIn(place.tree, place.folder);
  if (wrangler !== null) {
    if (wrangler.main !== null) {
      const framework = place.pkg.dependencies.hono === undefined ? 'workers' : 'hono';
      return published(place, { ...workerProgram(wrangler, wrangler.main), framework });
    }
    const folder = assetsFrom(wrangler, place.within);
    if (folder !== null) return filesOf(place, wrangler, folder);
  }
  const program = nitroProgram(place) ?? honoSite(place) ?? nodeProgram(place);
  if (program === null || 'refusal' in program) return program;
  return published(place, program);
}

/** A server that its own plugin of Vite builds, though it looks like a Vite app; null for anything else. */
export function serverByVite(place: PackagedFolder): Finding | Refusal | null {
  const program = builtByVite(place);
  return program === null || 'refusal' in program ? program : published(place, program);
}

/** The server beside a site of files: a Worker that its wrangler configuration names; null if there is none. */
export function workerBeside(place: PackagedFolder): Finding | Refusal | null {
  const wrangler = wranglerIn(place.tree, place.folder);
  if (wrangler?.main == null || !place.tree.isFile(joinPath(place.folder, wrangler.main))) return null;
  return published(place, workerProgram(wrangler, wrangler.main));
}

/** A server of Node beside a site of files, such as Express with a Vite app; null if there is none. */
export function nodeBeside(place: PackagedFolder): { program: Program; site: Finding | Refusal } | null {
  const { tree, folder, pkg } = place;
  if (packageOf(place) === null) return null;
  const beside = programsBeside(tree, folder).map((entry): Program => ({ entry, source: entry, by: null }));
  const started = startedProgram(tree, folder, pkg);
  const program = (started === null ? beside : [started]).find(({ source }) => {
    const text = programText(tree, folder, source);
    return listens(text) && !servesFilesOnly(text);
  });
  if (program === undefined) return null;
  const node = nodeProgram(place, program);
  return node === null ? null : { program, site: 'refusal' in node ? node : published(place, node) };
}

/** The finding of a server; a refusal where none may be published, or where it uses what AppFlux does not have. */
export function published(place: PackagedFolder, program: ServerProgram): Finding | Refusal {
  const { within, pkg, manager, servers } = place;
  const { kind, entry, framework, what } = program;
  if (!mayPublish(servers)) return { ...needsServer(what, STATIC_HINT, servers), searchBelow: true };
  const wrangler = wranglerIn(place.tree, place.folder);
  const refusal = wrangler === null ? null : wranglerRefusal(wrangler, kind);
  if (refusal !== null) return refusal;
  const build = DEPLOYS.test(pkg.scripts.build ?? '')
    ? null
    : chooseBuild(pkg.scripts, null, {}, manager, within);
  const reasons: Reason[] = [
    because('framework', `${what}. It is published with its server.`),
    build?.reason ?? because('build', 'No build command: package.json has no script for it.'),
    because('output', `Output: ${SERVER_OUTPUT}, which AppFlux creates after the build.`),
  ];
  const finding = finishSite(place, framework, build?.command ?? null, [SERVER_OUTPUT], reasons);
  return { ...finding, server: { kind, entry, ...(within !== '' && { folder: within }) } };
}

/** A script that publishes to Cloudflare builds nothing for others. */
const DEPLOYS = /\bwrangler (?:pages )?(?:deploy|publish)\b(?!.*--dry-run)/;

const workerProgram = ({ path }: WranglerConfig, main: string): ServerProgram => ({
  kind: 'worker',
  entry: main,
  framework: 'workers',
  what: `This is a Worker: ${path} sets main to ${main}`,
});

/** A wrangler configuration of files alone. */
function filesOf(place: PackagedFolder, { path }: WranglerConfig, folder: string): Finding {
  const { within, pkg, manager } = place;
  const build = chooseBuild(pkg.scripts, null, {}, manager, within);
  const reasons = [
    because('framework', `Framework: none that AppFlux supports; ${path} names a folder of static files.`),
    ...(build === null ? [] : [build.reason]),
    because('output', `Output: ${folder}, from ${path}.`),
  ];
  const finding = finishSite({ ...place, within: '' }, null, build?.command ?? null, [folder], reasons);
  return build === null ? { ...finding, needsInstall: false } : finding;
}

/** https://nitro.build/guide: a server of Nitro's own, without a framework above it. */
function nitroProgram({ tree, folder, pkg }: PackagedFolder): ServerProgram | null {
  const isNitro = ['nitro', 'nitropack', 'nitropack-nightly', 'nitro-nightly'].some(
    (name) => pkg.dependencies[name] !== undefined || pkg.devDependencies[name] !== undefined,
  );
  const builds = /\b(?:nitro|nitropack) build\b/.test(Object.values(pkg.scripts).join('\n'));
  const config = tree.firstFile(folder, ['nitro.config.ts', 'nitro.config.js', 'nitro.config.mjs']);
  if (!isNitro || (!builds && config === null)) return null;
  const why = config ?? 'the build script runs it';
  return {
    kind: 'nitro',
    entry: null,
    framework: 'nitro',
    what: `This is a Nitro server, because of ${why}`,
  };
}

/** Packages whose programs answer requests, with the id of each. */
const SERVERS: readonly (readonly [string, string, string])[] = [
  ['@nestjs/core', 'nestjs', 'NestJS'],
  ['@strapi/strapi', 'strapi', 'Strapi'],
  ['fastify', 'fastify', 'Fastify'],
  ['express', 'express', 'Express'],
  ['koa', 'koa', 'Koa'],
  ['@hapi/hapi', 'hapi', 'hapi'],
  ['@hono/node-server', 'hono', 'Hono'],
  ['restify', 'restify', 'Restify'],
  ['polka', 'polka', 'Polka'],
  ['@tinyhttp/app', 'tinyhttp', 'tinyhttp'],
  ['@apollo/server', 'apollo', 'Apollo Server'],
  ['graphql-yoga', 'graphql-yoga', 'GraphQL Yoga'],
  ['elysia', 'elysia', 'Elysia'],
  ['@adonisjs/core', 'adonisjs', 'AdonisJS'],
  ['directus', 'directus', 'Directus'],
  ['@keystone-6/core', 'keystone', 'Keystone'],
  ['@medusajs/medusa', 'medusa', 'Medusa'],
  ['sails', 'sails', 'Sails'],
  ['json-server', 'json-server', 'json-server'],
  ['socket.io', 'socket.io', 'Socket.IO'],
  ['@trpc/server', 'trpc', 'tRPC'],
  ['h3', 'h3', 'h3'],
];

/** The ids of the plan's framework by which an app may choose a server. */
export const SERVER_FRAMEWORKS: ReadonlySet<string> = new Set([
  ...SERVERS.map(([, id]) => id),
  'workers',
  'nitro',
  'node-http',
]);

/** The server package that a project runs with; of what only its development needs, none. */
const packageOf = ({ pkg }: PackagedFolder) =>
  SERVERS.find(([name]) => pkg.dependencies[name] !== undefined) ?? null;

/** The server package among a project's dependencies, by its id and name; null if there is none. */
export function serverPackageOf(pkg: PackageJson): { readonly id: string; readonly name: string } | null {
  const found = SERVERS.find(([name]) => pkg.dependencies[name] !== undefined);
  return found === undefined ? null : { id: found[1], name: found[2] };
}

/** A server of Node: a program that a script starts, and that answers requests by a package or by node:http. */
function nodeProgram(place: PackagedFolder, given: Program | null = null): ServerProgram | Refusal | null {
  const { tree, folder, pkg } = place;
  const known = packageOf(place);
  const started = given ?? startedProgram(tree, folder, pkg) ?? startedByName(place, known?.[0] ?? '');
  if (started === null) return null;
  const { entry, source, by } = started;
  const text = programText(tree, folder, source);
  // Without a package, only its text says whether it answers requests.
  if (known === null && !/\bcreateServer\s*\(|\bBun\.serve\b|\bDeno\.serve\b/.test(text)) return null;
  if (servesFilesOnly(text)) return null;
  const name = known?.[2] ?? 'Node';
  const runtime = known?.[1] === 'elysia' ? 'Bun' : otherRuntime(text);
  if (runtime !== null) return onlyOn(runtime, name);
  const isHandler = exportsDefault(text) && !listens(text) && /\bfetch\b|graphql-yoga|['"]h3['"]/.test(text);
  return (
    cannotRun(pkg, text) ?? {
      kind: isHandler ? 'worker' : 'node',
      entry: isHandler ? source : entry,
      framework: known?.[1] ?? 'node-http',
      what: `This is ${/^[aehAEH]/.test(name) && name !== 'hapi' ? 'an' : 'a'} ${name} server: ${by === null ? `${entry} listens` : `${by} runs ${entry}`}`,
    }
  );
}

/** Some servers have a program of their own that starts them; what starts without a script listens in its main file. */
function startedByName({ tree, folder, pkg }: PackagedFolder, name: string): Program | null {
  if (name === '') return null;
  const start = pkg.scripts.start ?? '';
  const own = /\b(strapi|directus|keystone|medusa|sails|json-server|adonis|ace)\b/.exec(start)?.[1];
  if (own !== undefined) return { entry: own, source: null, by: 'the script start' };
  const file = usualProgram(tree, folder, pkg);
  if (file === null || !listens(programText(tree, folder, file))) return null;
  return { entry: file, source: file, by: pkg.main === file ? '"main" in package.json' : null };
}
