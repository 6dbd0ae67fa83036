/** The Pages project: the dashboard's hashed files, and the function that passes everything else to the control plane. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pagesConfig } from './config.ts';
import type { DeploySettings } from './settings.ts';

/** The dashboard's folder of hashed files. */
const FILES_FOLDER = '_appflux';

/**
 * Requests that cost no call of the function: those for hashed files.
 * Source: https://developers.cloudflare.com/pages/functions/routing/#create-a-_routesjson-file
 */
const ROUTES = { version: 1, include: ['/*'], exclude: [`/${FILES_FOLDER}/*`] };

/** What Pages answers for a missing file. Without it, a page would be answered in a script's place. */
const NOT_FOUND = '<!doctype html><title>Not found</title><p>There is no such file.\n';

/**
 * Writes the folder that `wrangler pages deploy` and `wrangler pages dev` read. Files of the build that was there before
 * stay beside the new ones: until the Worker is replaced as well, its page refers to them.
 * @param tracked the parsed wrangler.toml
 * @param built the built dashboard
 */
export async function writePages(
  root: string,
  folder: string,
  tracked: unknown,
  settings: Pick<DeploySettings, 'pages_project' | 'name' | 'public_url'>,
  built = join(root, 'dashboard', 'build'),
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  const site = join(fresh, 'site');
  const latest = join(fresh, 'latest');
  const before = join(folder, 'latest');
  await cp(join(built, FILES_FOLDER), latest, { recursive: true });
  if (existsSync(before)) await cp(before, join(site, FILES_FOLDER), { recursive: true });
  await cp(latest, join(site, FILES_FOLDER), { recursive: true });
  await cp(join(built, '_headers'), join(site, '_headers'));
  await writeFile(join(site, '_routes.json'), JSON.stringify(ROUTES));
  await writeFile(join(site, '404.html'), NOT_FOUND);
  await cp(join(root, 'dashboard', 'pages', 'functions'), join(fresh, 'functions'), { recursive: true });
  await writeFile(
    join(fresh, 'wrangler.json'),
    `${JSON.stringify(pagesConfig(tracked, settings), null, 2)}\n`,
  );
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
}
