/**
 * Makes a Worker of a project with a server. `appflux-build` calls it twice, in the project's root directory:
 *
 *     pack.mjs prepare   before the build command: what the framework's build needs
 *     pack.mjs pack      after it: writes `.appflux-server`
 *
 * APPFLUX_SERVER is the `server` of the plan, as JSON. APPFLUX_SERVER_WORK is a folder that both calls share.
 * builder-images/README.md says how a kind is added.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { makeContext, SERVER } from './context.mjs';
import { PackFailure } from './failure.mjs';
import { writeOutput } from './output.mjs';
import { checkStart } from './start.mjs';

async function loadKind(kind) {
  if (!/^[a-z-]+$/.test(kind)) throw new Error(`invalid kind of server: ${JSON.stringify(kind)}`);
  try {
    return await import(`./kinds/${kind}.mjs`);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes(`/kinds/${kind}.mjs'`)) throw error;
    throw new PackFailure(
      `This builder image can't pack servers of the kind "${kind}"`,
      'Ask the owner of the runner to build the image appflux/web-builder again.',
    );
  }
}

/** Adapters start a local Worker, which would ask Cloudflare where it is: no build may reach that host. */
const ASKS_NOBODY = { CLOUDFLARE_CF_FETCH_ENABLED: 'false' };

async function prepare(kind, ctx) {
  await kind.prepare?.(ctx);
  const { adapters = [], peers = [] } = kind;
  const swaps = Object.fromEntries(
    Object.entries(kind.swaps?.(ctx) ?? {}).map(([name, path]) => [name, pathToFileURL(path).href]),
  );
  // Turborepo hides variables from tasks that turbo.json doesn't name, and Node's options come through all the same.
  const variables = { TURBO_ENV_MODE: 'loose', ...ASKS_NOBODY, ...kind.environment?.(ctx.plan, ctx) };
  const options = [process.env.APPFLUX_SERVER_NODE_OPTIONS, variables.NODE_OPTIONS];
  if (adapters.length > 0 || Object.keys(swaps).length > 0) {
    const file = join(ctx.work, 'resolve.json');
    writeFileSync(file, JSON.stringify({ root: ctx.root, adapters, peers, swaps }));
    variables.APPFLUX_SERVER_RESOLVE = file;
    options.push(`--import=${pathToFileURL(join(SERVER, 'resolve-hooks.mjs')).href}`);
  }
  if (options.some(Boolean)) variables.NODE_OPTIONS = options.filter(Boolean).join(' ');
  const quote = (value) => `'${String(value).replaceAll("'", `'\\''`)}'`;
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  writeFileSync(join(ctx.work, 'environment.sh'), lines.join(''));
}

async function pack(kind, ctx) {
  const packed = await kind.pack(ctx);
  const spec = await writeOutput(ctx, packed);
  await checkStart(ctx, spec);
}

const steps = { prepare, pack };

try {
  const plan = JSON.parse(process.env.APPFLUX_SERVER ?? '');
  const ctx = makeContext(plan, resolve(plan.folder ?? ''), process.env.APPFLUX_SERVER_WORK ?? '');
  const step = steps[process.argv[2]];
  if (step === undefined) throw new Error(`usage: pack.mjs ${Object.keys(steps).join('|')}`);
  await step(await loadKind(plan.kind), ctx);
} catch (error) {
  const known = error instanceof PackFailure;
  const lines = known
    ? [`Error: ${error.message}`, `What to do: ${error.hint}`]
    : [error?.stack ?? String(error), `Error: The packager failed: ${error?.message ?? error}`];
  // In one piece, so that no other output comes between them.
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exitCode = 1;
}
