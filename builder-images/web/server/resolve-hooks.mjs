/**
 * Loaded with `--import` into every Node of the build command. Lets a project use the adapters of this image: its own
 * files are not changed, and what it has installed is not either. resolve.json of the packager says what to do:
 *
 * swaps by package name, the module that is imported in its place
 * adapters packages that the project may import without having installed them
 * peers packages that the image's adapters import, and find in the project
 */
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const { root, adapters, peers, swaps } = JSON.parse(readFileSync(process.env.APPFLUX_SERVER_RESOLVE, 'utf8'));
const SERVER = new URL('./', import.meta.url).href;
const FROM_SERVER = new URL('pack.mjs', SERVER).href;
const FROM_PROJECT = pathToFileURL(join(root, 'package.json')).href;

/** `@scope/name` of `@scope/name/path`; null for what is no package. */
const packageOf = (specifier) => /^(?![./]|[a-z]+:)(@[^/]+\/[^/]+|[^@/][^/]*)/.exec(specifier)?.[0] ?? null;

/** The package that a file is the main module of, if it is in `node_modules`: bundlers of configurations name files. */
const mainOf = (url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?:[^/]+\/)*index\.[cm]?js$/.exec(url)?.[1];

/**
 * One resolution. Yields `[specifier, context]` for each question to the next hook, and is sent its answer, so that it
 * serves both of Node's interfaces, of which one waits and one doesn't.
 */
function* resolving(specifier, context) {
  const fromServer = context.parentURL?.startsWith(SERVER) ?? false;
  const name = packageOf(specifier);
  if (!fromServer && swaps[specifier] !== undefined) return { url: swaps[specifier], shortCircuit: true };
  if (fromServer && peers.includes(name)) return yield [specifier, { ...context, parentURL: FROM_PROJECT }];
  try {
    const found = yield [specifier, context];
    const swap = fromServer || specifier.startsWith('.') ? undefined : swaps[mainOf(found.url)];
    return swap === undefined ? found : { url: swap, shortCircuit: true };
  } catch (error) {
    if (name === null) throw error;
    if (fromServer) return yield [specifier, { ...context, parentURL: FROM_PROJECT }];
    if (adapters.includes(name)) return yield [specifier, { ...context, parentURL: FROM_SERVER }];
    throw error;
  }
}

/** The hook as `registerHooks` takes it. */
function resolveSync(specifier, context, next) {
  const steps = resolving(specifier, context);
  let step = steps.next();
  while (!step.done) {
    let found;
    try {
      found = next(...step.value);
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(found);
  }
  return step.value;
}

/** The hook as `register` takes it: Node 20 and the first ones of 22 only have that. */
export async function resolve(specifier, context, next) {
  const steps = resolving(specifier, context);
  let step = steps.next();
  while (!step.done) {
    let found;
    try {
      found = await next(...step.value);
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(found);
  }
  return step.value;
}

if (nodeModule.registerHooks !== undefined) nodeModule.registerHooks({ resolve: resolveSync });
else if (!new URL(import.meta.url).searchParams.has('hooks')) nodeModule.register(`${import.meta.url}?hooks`);
