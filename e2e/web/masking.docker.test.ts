/** Which variables of an App are masked in what a build writes: the whole way from the API to the records. */
import type { Deployment } from '@appflux/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { zipOf } from '../source/zip.ts';

let instance: InstanceWithRunner;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  instance = await startWithRunner();
});

afterAll(() => instance?.stop());

async function built(name: string, app: object, files: Record<string, string>) {
  const uploadId = await instance.client.upload(`${name}.zip`, await zipOf(files));
  const { slug } = await instance.client.createApp({ name, ...app });
  const { id } = await instance.client.deploy(slug, { uploadId });
  const deployment = await instance.client.untilEnded(id);
  const { items } = await instance.client.logs(id);
  const artifacts = await (await instance.client.fetch('GET', `/api/deployments/${id}/artifacts`)).text();
  return { deployment, artifacts, lines: items.map(({ text }) => text) };
}

/** Every record of the deployment, for a look at what must not be in it. */
const everything = (deployment: Deployment, more: readonly string[]) =>
  `${JSON.stringify(deployment)}\n${more.join('\n')}`;

describe('variables that are not sensitive', () => {
  it('such as DEBUG=1, MODE=production and FLAG=true leave the log as it is', async () => {
    const { deployment, lines } = await built(
      'env-short-mask',
      { envVars: { DEBUG: '1', FLAG: 'true', MODE: 'production', LANGUAGE_: 'de', EMPTY: '' } },
      {
        'package.json': JSON.stringify({ name: 'x', private: true, scripts: { build: 'node b.mjs' } }),
        'b.mjs':
          "import fs from 'node:fs'; fs.mkdirSync('dist'); console.log('counted 101 files in 11 folders'); console.log('true production build of index.de.html'); fs.writeFileSync('dist/index.html','ok')",
      },
    );
    expect(deployment, lines.join('\n')).toMatchObject({ status: 'success' });
    expect(lines).toContain('counted 101 files in 11 folders');
    expect(lines).toContain('true production build of index.de.html');
    expect(everything(deployment, lines)).not.toContain('***');
  });
});
