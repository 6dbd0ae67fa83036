/** Before all tests: bundles the server host, which runs beside the control plane that is tested. */
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleWorker } from '../stack/edge/bundle.ts';

const root = (relative: string) => join(import.meta.dirname, '..', relative);

declare module 'vitest' {
  interface ProvidedContext {
    /** The main module of the server host's bundle. */
    serverHost: string;
  }
}

export default async function bundleServerHost(project: TestProject): Promise<void> {
  const source = {
    wranglerConfig: root('wrangler.servers.toml'),
    sources: [root('edge/src/servers'), root('protocol/src')],
    files: [root('package-lock.json')],
  };
  project.provide('serverHost', await bundleWorker(source, root('node_modules/.cache/appflux/servers')));
}
