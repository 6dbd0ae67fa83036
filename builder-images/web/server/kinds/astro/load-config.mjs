/** Stands in for Astro's loader of configurations: a project that renders on a server gets the adapter for Cloudflare. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const { loadConfigWithVite: load } = await import(new URL(import.meta.url).searchParams.get('original'));
const { configPath, decidedFile } = JSON.parse(readFileSync(process.env.APPFLUX_SERVER_ASTRO, 'utf8'));
const ADAPTER = '@astrojs/cloudflare';

/** The name and signature are Astro's: astro/dist/core/config/vite-load.js. */
export async function loadConfigWithVite(options) {
  const config = await load(options);
  const adapter = await adapterFor(config, options.root);
  return { ...config, adapter, integrations: [...(config.integrations ?? []), recorder] };
}

async function adapterFor({ adapter, output }, root) {
  if (adapter?.name === ADAPTER || (!adapter && output !== 'server')) return adapter;
  process.stdout.write(
    `${adapter ? `Replaced the adapter ${adapter.name} by` : 'Added the adapter'} ${ADAPTER}.\n`,
  );
  const path = createRequire(join(root, 'package.json')).resolve(ADAPTER);
  const { default: cloudflare } = await import(pathToFileURL(path).href);
  return cloudflare({
    imageService: 'compile',
    // Pages that are made in advance may read files, as with the adapter that the project names.
    prerenderEnvironment: 'node',
    ...(configPath === null ? {} : { configPath }),
  });
}

/** The binding of the default driver of sessions, in the form of Astro 5 and of Astro 6. */
function sessionBinding(session) {
  const { driver, options } = session || {};
  const name = typeof driver === 'string' ? driver : String(driver?.entrypoint ?? '');
  if (!/cloudflare-?kv-?binding/i.test(name)) return null;
  return (typeof driver === 'string' ? options : driver.config)?.binding ?? 'SESSION';
}

/** Writes down where the build goes, and how it renders. */
const recorder = (() => {
  let client;
  return {
    name: 'appflux',
    hooks: {
      'astro:config:setup': ({ config }) => {
        client = fileURLToPath(config.build.client);
      },
      'astro:config:done': ({ config, buildOutput }) => {
        const decided = {
          buildOutput,
          outDir: fileURLToPath(config.outDir),
          client,
          server: fileURLToPath(config.build.server),
          sessionBinding: sessionBinding(config.session),
        };
        writeFileSync(decidedFile, JSON.stringify(decided));
        process.env.APPFLUX_SERVER_ASTRO_BASE = config.base;
      },
      // For stack traces of the running site. The packager keeps source maps apart from what is served.
      'astro:build:setup': ({ vite, target }) => {
        if (target !== 'server') return;
        vite.build ??= {};
        vite.build.sourcemap ??= true;
      },
    },
  };
})();
