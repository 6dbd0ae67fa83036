/** For tests: sites with a server that is written manually. */
import { SERVER_FOLDER, type ServerSpec, type SiteRules } from '@appflux/protocol';
import type { AppRecord, DeploymentRecord } from '../../metadata/metadata.ts';
import { type Files, publish } from '../../sites/serve/testing/publish.ts';

/** A server whose main module is `worker.js`. */
export const SPEC: ServerSpec = {
  version: 1,
  framework: null,
  main: 'worker.js',
  compatibilityDate: '2026-11-01',
  compatibilityFlags: ['nodejs_compat'],
  assets: { workerFirst: false, notFound: 'none' },
  vars: {},
  bindings: {},
  crons: [],
};

/** Publishes a deployment with these modules and assets, by their paths. */
export const publishServer = (
  app: AppRecord,
  modules: Files,
  assets: Files = {},
  {
    spec,
    ...members
  }: Partial<DeploymentRecord> & { spec?: Partial<ServerSpec>; rules?: Partial<SiteRules> } = {},
): Promise<DeploymentRecord> => {
  const reserved = Object.entries(modules).map(([path, content]) => [SERVER_FOLDER + path, content]);
  const files = { ...assets, ...Object.fromEntries(reserved) };
  return publish(app, files, { server: { ...SPEC, ...spec }, ...members });
};
