/** Builds what is uploaded, and says by a hash what it is. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ensureDashboard } from '../dashboard.ts';
import { bundleControlPlane } from '../edge/control-plane-bundle.ts';
import { fingerprint, type InputFile, readTree } from '../fingerprint.ts';
import { during, type Progress } from '../progress.ts';
import { bundleHost } from '../servers/prepare.ts';
import type { Deploy } from './apply.ts';
import { controlPlaneConfig, pagesConfig, serversConfig } from './config.ts';
import type { DeploySettings } from './settings.ts';
import type { Local } from './step.ts';

/** Long enough that two builds differ in it. Wrangler shows it with every version. */
const TAG_LENGTH = 16;

/** What was built. */
export interface Built {
  readonly tags: Local['tags'];
  /** In gzip. Bytes. */
  readonly workerBytes: number;
  readonly dashboardFiles: number;
  readonly migrations: readonly string[];
}

/** Builds the dashboard and both Workers; `mongodb` is of the control plane. Throws StackProblem as they do. */
export async function buildAll(
  root: string,
  settings: DeploySettings,
  { tracked, mongodb }: Pick<Deploy, 'tracked' | 'mongodb'>,
  progress: Progress,
): Promise<Built> {
  await ensureDashboard(root, process.env, progress);
  const cache = join(root, 'node_modules', '.cache', 'appflux', 'deploy');
  const main = await during(progress, 'Bundling the Worker', () =>
    bundleControlPlane(root, cache, { mongodb }),
  );
  const host = await during(progress, 'Bundling the server host', () => bundleHost(root, `${cache}-servers`));
  const dashboard = await readTree(join(root, 'dashboard', 'build'), 'dashboard');
  const worker = await modulesOf(main);
  // The addresses of a folder and of a database say nothing about what is uploaded.
  const folders = { root, generated: root };
  const databaseIds = Array.from({ length: settings.metadata_databases }, () => '');
  const found = { databaseIds, sitesZone: settings.sites_domain, boundToServers: settings.servers, mongodb };
  const tag = (inputs: readonly InputFile[], config: unknown) =>
    fingerprint(inputs, JSON.stringify(config)).slice(0, TAG_LENGTH);
  return {
    tags: {
      worker: tag([...worker, ...dashboard], controlPlaneConfig(tracked.worker, settings, found, folders)),
      servers: tag(await modulesOf(host), serversConfig(tracked.servers, settings, folders)),
      pages: tag(dashboard, pagesConfig(tracked.worker, settings)),
    },
    workerBytes: worker.reduce((sum, { content }) => sum + gzipSync(content).length, 0),
    dashboardFiles: dashboard.length,
    migrations: await readdir(join(root, 'edge', 'migrations')),
  };
}

/** The modules of a bundle, without its source maps and the bundler's notes. */
const modulesOf = async (main: string): Promise<InputFile[]> =>
  (await readTree(dirname(main))).filter(({ path }) => !/\.(?:map|md)$/.test(path));
