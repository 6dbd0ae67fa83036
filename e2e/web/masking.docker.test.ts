/** Which variables of an app are masked in the output of a build: from the API to the records. */
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

const SECRET = 'hunter2-Staple/Battery';

async function built(name: string, app: object, files: Record<string, string>) {
  const uploadId = await instance.client.upload(`${name}.zip`, await zipOf(files));
  const { slug } = await instance.client.createApp({ name, ...app });
  const { id } = await instance.client.deploy(slug, { uploadId });
  const deployment = await instance.client.untilEnded(id);
  const { items } = await instance.client.logs(id);
  const artifacts = await (await instance.client.fetch('GET', `/api/deployments/${id}/artifacts`)).text();
  return { deployment, artifacts, lines: items.map(({ text }) => text) };
}

/** Every record of the deployment, to check what must not be in it. */
const everything = (deployment: Deployment, more: readonly string[]) =>
  `${JSON.stringify(deployment)}\n${more.join('\n')}`;

describe('variables that are not sensitive', () => {
  it('such as DEBUG=1, MODE=production and FLAG=true leave the log unchanged', async () => {
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

describe('a variable that is sensitive by its name or by choice', () => {
  it('is in no record of a successful build, and AppFlux’s own words are unchanged', async () => {
    const { deployment, artifacts, lines } = await built(
      'masked-records',
      {
        type: 'desktop',
        envVars: {
          DEPLOY_TOKEN: SECRET,
          STAGE: { value: 'Building', sensitive: true },
        },
        build: {
          installCommand: `echo installing with ${SECRET}`,
          buildCommand: 'node b.mjs Building',
          outputs: ['out/*', `${SECRET}/*`],
        },
      },
      {
        'package.json': JSON.stringify({ name: 'x', version: '1.0.0', private: true }),
        'b.mjs': [
          "import fs from 'node:fs';",
          "fs.mkdirSync('out');",
          "fs.writeFileSync('out/app-hunter2-Staple.deb', 'x');",
          'fs.mkdirSync(process.env.DEPLOY_TOKEN, { recursive: true });',
          "fs.writeFileSync(process.env.DEPLOY_TOKEN + '/app.AppImage', 'y');",
          "console.log('Building', process.env.DEPLOY_TOKEN);",
        ].join('\n'),
      },
    );
    const records = everything(deployment, [artifacts, ...lines]);
    expect(deployment, records).toMatchObject({ status: 'success' });
    expect(records).not.toContain(SECRET);
    expect(deployment.plan).toMatchObject({
      installCommand: 'echo installing with ***',
      buildCommand: 'node b.mjs ***',
      outputs: ['out/*', '***/*'],
    });
    expect(lines).toContain('*** ***');
    expect(lines).toContain('Building…');
    expect(lines).toContain('$ node b.mjs ***');
    expect(deployment.plan?.reasons).toContain('Build command: node b.mjs ***, because the app says so.');
  });

  it('is in no record of a failed build', async () => {
    const { deployment, lines } = await built(
      'masked-failure',
      {
        envVars: { DEPLOY_TOKEN: SECRET, WHAT: { value: 'command', sensitive: true } },
        build: {
          installCommand: 'true',
          buildCommand: `echo ${'x'.repeat(106)} ${SECRET}; echo "error: no ${SECRET} here: command"; exit 3`,
          outputs: ['dist'],
        },
      },
      { 'package.json': JSON.stringify({ name: 'x', private: true }) },
    );
    const records = everything(deployment, lines);
    expect(deployment, records).toMatchObject({ status: 'failed', failure: { code: 'build_failed' } });
    // The command is shortened in the message: the beginning of a secret at that place is masked, too.
    expect(records).not.toContain('hunter2');
    expect(deployment.failure?.message).toMatch(
      /^The build command \(.*\) ended with exit code 3: .*no \*\*\* here: \*\*\*/,
    );
    expect(lines.some((line) => line.startsWith('The build command ended with exit code 3'))).toBe(true);
  });
});
