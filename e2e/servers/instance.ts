/** An instance with one runner that builds projects with servers, shared by the tests of all frameworks. */
import type { App, Deployment } from '@appflux/protocol';
import { expect } from 'vitest';
import { pause } from '../instance/client.ts';
import type { RunnerOptions } from '../instance/runner.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { fixtureZip, type ServerFixture } from '../source/zip.ts';

/** Longer than a framework takes on two busy processors, in milliseconds. */
const BUILD_WITHIN_MS = 280_000;

/** A project that was built and released with its server. */
export interface BuiltServer {
  readonly app: App;
  readonly deployment: Deployment;
  /** The log, line by line. */
  readonly log: string;
  /** The address of the release, with a slash at the end. */
  readonly url: string;
  /** What the server has logged so far, a text for each line. */
  runtimeLog(): Promise<string[]>;
}

export interface ServersInstance extends InstanceWithRunner {
  /** Creates an app for a fixture, gives it variables, builds it, and waits until it is released. */
  build(fixture: ServerFixture, variables?: Readonly<Record<string, string>>): Promise<BuiltServer>;
}

export async function startServersInstance(options: RunnerOptions = {}): Promise<ServersInstance> {
  const instance = await startWithRunner(options);
  const { client } = instance;
  return {
    ...instance,
    build: async (fixture, variables = {}) => {
      const name = fixture.replace('servers/', '');
      const uploadId = await client.upload(`${name}.zip`, await fixtureZip(fixture));
      const { slug } = await client.createApp({ name, envVars: { ...variables } });
      const { id } = await client.deploy(slug, { uploadId });
      const deployment = await client.untilEnded(id, BUILD_WITHIN_MS);
      const log = (await client.logs(id)).items.map(({ text }) => text).join('\n');
      expect(deployment.failure, log).toBeNull();
      let app = await client.app(slug);
      for (; app.release !== id; app = await client.app(slug)) await pause(100);
      return {
        app,
        deployment,
        log,
        url: `${app.urls.site}/`,
        runtimeLog: async () =>
          (await client.api.runtime.logs(slug, { limit: 1_000 })).items.map(({ text }) => text),
      };
    },
  };
}
