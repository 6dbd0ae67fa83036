/**
 * Servers of Node: Express, Fastify, Koa, NestJS and whatever else listens with node:http. The program is bundled with
 * the packages that it uses, and the platform's own HTTP server of Node hands it the requests of the Worker:
 * https://developers.cloudflare.com/workers/runtime-apis/nodejs/http/
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bundle } from '../bundle.mjs';
import { PackFailure } from '../failure.mjs';
import { readProject, settingsOf } from '../wrangler-output.mjs';
import { bundleProgram } from './node/bundle-program.mjs';
import { addFiles, publicFolder } from './node/files.mjs';
import { whyLater } from './node/try-start.mjs';

const FLAGS = ['nodejs_compat', 'enable_nodejs_http_modules', 'enable_nodejs_http_server_modules'];

export async function pack(ctx) {
  const entry = join(ctx.root, ctx.plan.entry ?? '');
  if (!existsSync(entry)) {
    throw new PackFailure(
      `The build made no ${ctx.plan.entry}, which starts the server`,
      'Check that the build command makes this file, or let the script "start" run another one.',
    );
  }
  const program = await bundleProgram(ctx, entry);
  const bundled = await bundleToStart(ctx, program);
  await addFiles(ctx, bundled.modules);
  const assets = await publicFolder(ctx);
  // It matters where the program itself would ask who may see them.
  if (assets !== null) ctx.log(`The files in ${relative(ctx.root, assets)} are served without the server.`);
  // A project may also have one of wrangler, for what it binds.
  const config = await readProject(ctx);
  const { vars, bindings, crons } = config === null ? {} : settingsOf(config);
  return {
    ...bundled,
    vars,
    bindings,
    crons,
    framework: program.framework,
    assets,
    workerFirst: false,
    notFound: 'none',
  };
}

/**
 * Most programs listen as soon as they are loaded. Others first wait, for a timer or for a database: those are loaded with
 * the first request, because a Worker does neither before.
 */
async function bundleToStart(ctx, program) {
  const bundled = await bundle(ctx, { entry: program.atLoad, compatibilityFlags: FLAGS });
  await addFiles({ ...ctx, log: () => undefined }, bundled.modules);
  const why = await whyLater(ctx, bundled);
  if (why === null) return bundled;
  ctx.log(`The server is started by its first request, because ${why}.`);
  return bundle(ctx, { entry: program.onRequest, compatibilityFlags: FLAGS });
}
