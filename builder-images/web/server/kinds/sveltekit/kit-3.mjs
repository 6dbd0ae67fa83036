/**
 * The adapter that takes the place of the one that a SvelteKit 3 project names. That of Cloudflare for SvelteKit 3 is only
 * a preview, and uses what SvelteKit 3.0 has removed. It writes what sveltekit.mjs expects.
 */
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';

const WORKER = join(import.meta.dirname, 'kit-3-worker.js');

export default function adapter() {
  return {
    name: 'appflux',
    async adapt(builder) {
      const { main, assets } = JSON.parse(readFileSync(process.env.APPFLUX_SERVER_SVELTEKIT, 'utf8'));
      const folder = dirname(main);
      await rm(folder, { recursive: true, force: true });
      await rm(assets.directory, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      const { base } = builder.config.paths;
      builder.writeClient(assets.directory + base);
      builder.writePrerendered(assets.directory + base);
      builder.generateServerInstance(join(folder, 'instance.js'));
      await writeFile(
        join(folder, 'app-path.js'),
        `export const appPath = ${JSON.stringify(`/${builder.getAppPath()}/`)};\n`,
      );
      await copyFile(WORKER, main);
      if (builder.hasServerInstrumentationFile())
        builder.instrument({
          entrypoint: main,
          instrumentation: `${builder.getServerDirectory()}/instrumentation.server.js`,
        });
      await writeRules(builder, assets.directory);
    },
    supports: { read: () => true, instrumentation: () => true },
  };
}

/** The rules of the project's own folder take the place of these as a whole, so they come first in them. */
async function writeRules(builder, assets) {
  const own = (name) => (existsSync(name) ? `${readFileSync(name, 'utf8').trimEnd()}\n` : '');
  const immutable = `/${builder.getAppPath()}/immutable/*`;
  await writeFile(
    join(assets, '_headers'),
    `${own('_headers')}${immutable}\n  Cache-Control: public, immutable, max-age=31536000\n`,
  );
  const redirects = [...builder.prerendered.redirects].map(
    ([path, { location, status }]) => `${path} ${location} ${status}\n`,
  );
  await writeFile(join(assets, '_redirects'), `${own('_redirects')}${redirects.join('')}`);
}
