/** Loads a packed server once, in the workerd that serves sites, so that one that can't start fails its build. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinned } from './context.mjs';
import { PackFailure } from './failure.mjs';
import { OUTPUT } from './output.mjs';
import { withSourcePlaces } from './places.mjs';

/** What the platform gives a server for loading: CPU time in milliseconds, and memory. SERVER_LIMITS of the protocol. */
const STARTUP_MS = 1_000;
const MEMORY_BYTES = 128 * 1024 * 1024;
const MODULE_BYTES = 32 * 1024 * 1024;
/** A builder may be several times slower than the machine that serves: only beyond this the build fails. */
const STARTUP_FAILS_MS = 10_000;
/** For loading, by the clock: a server that loops never ends. Milliseconds. */
const LOADS_WITHIN_MS = 60_000;

const HINT_THROWS =
  'Code at the top of modules runs before any request. Make it work in a Worker, or move it into a handler. If it needs a variable, set it in the app.';

/**
 * @param {import('./context.mjs').Context} ctx
 * @param {object} spec what server.json says
 * @throws {PackFailure} if the server throws while it loads, exports no handler, or takes more than the platform gives
 */
export async function checkStart(ctx, spec) {
  const folder = join(ctx.work, 'start');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const modules = join(ctx.root, OUTPUT, 'modules');
  const names = await namesIn(modules);
  await checkSize(modules, names);
  await writeFile(join(folder, 'check.mjs'), checkModule(spec, names));
  await writeFile(join(folder, 'config.capnp'), configuration(folder, modules));
  const workerd = spawn(workerdBinary(), ['serve', '--experimental', join(folder, 'config.capnp')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [workerd.stdout, workerd.stderr])
    stream.on('data', (text) => {
      output = `${output}${text}`.slice(-20_000);
    });
  const ended = new Promise((resolve) => workerd.once('exit', resolve));
  try {
    const socket = join(folder, 'socket');
    await answer(socket, '/ready', workerd, () => output);
    const before = usage(workerd.pid);
    const loaded = await answer(socket, '/load', workerd, () => output);
    const after = usage(workerd.pid);
    judge(ctx, loaded, output);
    await judgeCosts(
      ctx,
      { cpuMs: after.cpuMs - before.cpuMs, bytes: after.bytes - before.bytes },
      modules,
      names,
    );
  } finally {
    workerd.kill('SIGKILL');
    await ended;
  }
}

function workerdBinary() {
  const name = `@cloudflare/workerd-linux-${process.arch === 'arm64' ? 'arm64' : '64'}/bin/workerd`;
  return createRequire(pinned('wrangler/package.json')).resolve(name);
}

/** A module name is also a path of a URL here. */
const urlOf = (name) => name.split('/').map(encodeURIComponent).join('/');

const TYPES = {
  js: 'js',
  mjs: 'js',
  cjs: 'cjs',
  json: 'json',
  wasm: 'wasm',
  txt: 'text',
  html: 'text',
  sql: 'text',
  css: 'text',
};
const typeOf = (name) => TYPES[/\.([a-z]+)$/.exec(name)?.[1] ?? ''] ?? 'data';

/** The Worker that loads the server as the server host does, but only to look at what it exports. */
function checkModule(spec, names) {
  const modules = names.map((name) => ({ name, url: urlOf(name), type: typeOf(name) }));
  const variables = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:APPFLUX_SERVER|NODE_|PATH$|PWD$|HOME$)/.test(name)),
  );
  const entry = `import './appflux-prelude.js';
import * as site from './${spec.main}';
const handler = site.default;
const has = (name) => typeof handler?.[name] === 'function' || typeof handler?.prototype?.[name] === 'function';
export default { fetch: () => Response.json({ handles: has('fetch'), exports: Object.keys(site) }) };`;
  // workerd has no cache of its own, and the framework's code asks for one.
  const prelude = `const none = { match: async () => undefined, put: async () => {}, delete: async () => false };
Object.defineProperty(globalThis, 'caches', { value: { default: none, open: async () => none }, configurable: true });`;
  return `const MODULES = ${JSON.stringify(modules)};
const read = async (files, { url, type }) => {
  const response = await files.fetch('http://files/' + url);
  if (!response.ok) throw new Error('cannot read ' + url);
  if (type === 'js') return { js: await response.text() };
  if (type === 'cjs') return { cjs: await response.text() };
  if (type === 'text') return { text: await response.text() };
  if (type === 'json') return { json: await response.json() };
  return { [type]: await response.arrayBuffer() };
};
export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname !== '/load') return new Response('ready');
    const modules = { 'appflux-entry.js': ${JSON.stringify(entry)}, 'appflux-prelude.js': ${JSON.stringify(prelude)} };
    for (const module of MODULES) modules[module.name] = await read(env.FILES, module);
    const worker = env.LOADER.get('site', async () => ({
      compatibilityDate: ${JSON.stringify(spec.compatibilityDate)},
      compatibilityFlags: ${JSON.stringify(spec.compatibilityFlags)},
      mainModule: 'appflux-entry.js',
      modules,
      env: ${JSON.stringify({ ...variables, ...spec.vars })},
      globalOutbound: null,
    }));
    try {
      return await worker.getEntrypoint().fetch(request);
    } catch (error) {
      return Response.json({ error: String(error), stack: String(error?.stack ?? '') });
    }
  },
};
`;
}

/** A configuration of workerd: https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp */
function configuration(folder, modules) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "check", worker = (
      modules = [(name = "check.mjs", esModule = embed "check.mjs")],
      compatibilityDate = "2026-11-01",
      compatibilityFlags = ["nodejs_compat", "experimental"],
      bindings = [(name = "LOADER", workerLoader = ()), (name = "FILES", service = "files")],
    )),
    (name = "files", disk = ${JSON.stringify(modules)}),
  ],
  sockets = [(name = "http", address = ${JSON.stringify(`unix:${join(folder, 'socket')}`)}, http = (), service = "check")],
);
`;
}

/** The answer of the check; retried while workerd starts. */
async function answer(socketPath, path, workerd, output) {
  const endsAt = Date.now() + LOADS_WITHIN_MS;
  for (;;) {
    if (workerd.exitCode !== null || workerd.signalCode !== null)
      throw new PackFailure(
        `The server ended workerd while it was loaded: ${lastLine(output())}`,
        HINT_THROWS,
      );
    try {
      return await get(socketPath, path, endsAt - Date.now());
    } catch (error) {
      if (error.code === 'ETIMEDOUT')
        throw new PackFailure(
          `The server does not finish loading within ${LOADS_WITHIN_MS / 1000} seconds`,
          HINT_THROWS,
        );
      if (error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED' && error.code !== 'ECONNRESET')
        throw error;
      await sleep(20);
    }
  }
}

function get(socketPath, path, timeout) {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, host: 'check' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.once('end', () => resolve(text)).once('error', reject);
    });
    const late = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
    asking.setTimeout(Math.max(1, timeout), () => asking.destroy(late));
    asking.once('error', reject).end();
  });
}

function judge(ctx, text, output) {
  let loaded;
  try {
    loaded = JSON.parse(text);
  } catch {
    // workerd itself answered, because the server could not even be compiled.
    throw new PackFailure(`The server can't be loaded: ${lastLine(output || text)}`, HINT_THROWS);
  }
  if (loaded.error !== undefined) {
    ctx.log(withSourcePlaces(ctx.root, loaded.stack.split('\n').slice(0, 8).join('\n')));
    const [, thrown = loaded.error, place] =
      /^Uncaught (.+)(?:\n\s+at (\S+:\d+:\d+))?/m.exec(loaded.error) ?? [];
    const at = place === undefined ? '' : ` (${withSourcePlaces(ctx.root, place)})`;
    throw new PackFailure(`The server throws while it loads: ${thrown.split('\n')[0]}${at}`, HINT_THROWS);
  }
  if (!loaded.handles)
    throw new PackFailure(
      `The server exports no handler: its main module exports ${loaded.exports.join(', ') || 'nothing'}`,
      'Export an object with a fetch method as default.',
    );
}

async function judgeCosts(ctx, { cpuMs, bytes }, modules, names) {
  const largest = await largestOf(modules, names);
  const took = `${(cpuMs / 1000).toFixed(1)} s of CPU time`;
  const advice = `The largest modules are ${largest}. Load what few requests need with import() in a handler.`;
  if (cpuMs > STARTUP_FAILS_MS) throw new PackFailure(`Loading the server takes ${took}`, advice);
  if (bytes > MEMORY_BYTES)
    throw new PackFailure(
      `The server takes ${Math.round(bytes / 1048576)} MiB of memory to load; it has ${MEMORY_BYTES / 1048576} MiB`,
      advice,
    );
  ctx.log(`Loaded the server once: ${took}.`);
  if (cpuMs > STARTUP_MS) ctx.log(`Warning: Cloudflare allows ${STARTUP_MS / 1000} s. ${advice}`);
}

/** What is too large is not even loaded. The runner checks all limits; this one comes before workerd runs out of memory. */
async function checkSize(modules, names) {
  let bytes = 0;
  for (const name of names) bytes += (await stat(join(modules, name))).size;
  if (bytes <= MODULE_BYTES) return;
  const mebibytes = (size) => `${Math.round(size / 1048576)} MiB`;
  throw new PackFailure(
    `The modules of the server take ${mebibytes(bytes)}. The limit is ${mebibytes(MODULE_BYTES)}. The largest: ${await largestOf(modules, names)}`,
    'Leave out what the server does not use. Data belongs into files of the site or a binding.',
  );
}

async function largestOf(modules, names) {
  const sizes = await Promise.all(
    names.map(async (name) => ({ name, size: (await stat(join(modules, name))).size })),
  );
  return sizes
    .sort((a, b) => b.size - a.size)
    .slice(0, 3)
    .map(({ name, size }) => `${name} (${(size / 1e6).toFixed(1)} MB)`)
    .join(', ');
}

async function namesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** CPU time and memory of a process (proc_pid_stat(5)); nothing where it has ended. */
function usage(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, bytes: Number(fields[21]) * 4096 };
  } catch {
    return { cpuMs: 0, bytes: 0 };
  }
}

const lastLine = (text) => text.trim().split('\n').at(-1)?.slice(0, 500) ?? '';
