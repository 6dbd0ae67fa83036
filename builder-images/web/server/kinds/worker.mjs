/**
 * Workers as their projects write them: with a wrangler configuration, or a module that exports an app of Hono or any
 * other object with a fetch method.
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { bundle } from '../bundle.mjs';
import { PackFailure } from '../failure.mjs';
import { packWrangler, readProject, redirectedConfig, settingsOf } from '../wrangler-output.mjs';
import { assetsOf } from './worker/assets.mjs';

export async function pack(ctx) {
  const framework = ctx.packageOf('hono') === null ? 'Worker' : 'Hono';
  const redirected = await redirectedConfig(ctx);
  if (redirected !== null) return { ...(await packWrangler(ctx, redirected)), framework };
  const config = await readProject(ctx);
  const main = config?.main ?? join(ctx.root, ctx.plan.entry ?? '');
  if (config?.build?.command === undefined && !existsSync(main)) {
    throw new PackFailure(
      `The build made no ${relative(ctx.root, main)}, which is the Worker`,
      'Check that the build command makes this file, or correct "main" in the configuration of wrangler.',
    );
  }
  const assets = await assetsOf(ctx, config, main);
  if (config === null) return { ...(await bundle(ctx, { entry: main })), framework, assets };
  const settings = settingsOf(config);
  const { compatibilityDate, compatibilityFlags } = settings;
  const own = bundlerSettings(config, dirname(config.configPath));
  const bundled = await bundle(ctx, { entry: main, compatibilityDate, compatibilityFlags, config: own });
  return { ...settings, ...bundled, framework, assets };
}

/** What of the configuration says how the Worker is bundled. Paths in it are relative to its folder. */
function bundlerSettings(config, root) {
  const inside = (path) => (path === undefined ? undefined : resolve(root, path));
  const alias = Object.entries(config.alias ?? {}).map(([name, path]) => [
    name,
    path.startsWith('.') ? resolve(root, path) : path,
  ]);
  const settings = {
    alias: alias.length === 0 ? undefined : Object.fromEntries(alias),
    base_dir: inside(config.base_dir),
    build:
      config.build?.command === undefined
        ? undefined
        : { command: config.build.command, cwd: inside(config.build.cwd ?? '.') },
    define: config.define,
    find_additional_modules: config.find_additional_modules,
    jsx_factory: config.jsx_factory,
    jsx_fragment: config.jsx_fragment,
    minify: config.minify,
    no_bundle: config.no_bundle,
    preserve_file_names: config.preserve_file_names,
    rules: config.rules,
    tsconfig: inside(config.tsconfig),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
