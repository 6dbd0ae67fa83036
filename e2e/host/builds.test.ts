/**
 * A runner that builds on its own host, without containers: which jobs it gets, what builds see, and what they leave.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { verifyEnvelope } from '@appflux/client';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { unzip, zipOf } from '../source/zip.ts';

const RUNNERS_OWN = 'only-for-the-runner';
const SECRET = 'correct-horse-battery-staple';
const FILE = 'the-content-of-a-sealed-file-of-the-app';

let instance: InstanceWithRunner;

beforeAll(async () => {
  instance = await startWithRunner({
    name: 'mini',
    labels: ['macos', 'arm64'],
    env: { APPFLUX_RUNNER_EXECUTOR: 'host', HOST_TEST_OWN: RUNNERS_OWN },
  });
});
afterAll(() => instance?.stop());

interface Asked {
  readonly labels?: string[];
  readonly timeoutSeconds?: number;
  readonly installCommand?: string;
  readonly node?: string;
  /** More files of the project. */
  readonly files?: Record<string, string>;
}

/** Deploys a project with this build command, as an app of its own. */
async function deploy(
  name: string,
  buildCommand: string,
  { installCommand = 'true', node, files: more = {}, ...build }: Asked = {},
) {
  const { client } = instance;
  const files = {
    ...more,
    'package.json': JSON.stringify({ name, version: '1.2.3', ...(node ? { engines: { node } } : {}) }),
    'appflux.json': JSON.stringify({ installCommand, buildCommand, outputs: ['dist'] }),
  };
  const uploadId = await client.upload(`${name}.zip`, await zipOf(files));
  const settings = { labels: ['macos'], ...build };
  const { slug } = await client.createApp({ name, build: settings, envVars: { SECRET_WORD: SECRET } });
  const put = await client.fetch('PUT', `/api/apps/${slug}/files/CERTIFICATE`, {
    content: Buffer.from(FILE).toString('base64'),
  });
  expect(put.status).toBe(204);
  return (await client.deploy(slug, { uploadId })).id;
}

const logOf = async (id: string) => (await instance.client.logs(id)).items.map(({ text }) => text).join('\n');

/** Waits until the build itself has printed a process id after a word; the command is in the log as well. */
async function pidAfter(id: string, word: string): Promise<string> {
  let pid = '';
  await expect
    .poll(async () => {
      pid = new RegExp(`^${word} (\\d+)$`, 'm').exec(await logOf(id))?.[1] ?? '';
      return pid;
    })
    .not.toBe('');
  return pid;
}

/** Whether a process runs; a zombie does not (proc_pid_stat(5)). */
function isRunning(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // The process does not exist any more.
    return false;
  }
}

const SITE = 'mkdir -p dist && echo "<h1>hello</h1>" > dist/index.html';

describe('a build on the host', () => {
  it('delivers its outputs, sees nothing of the runner, and leaves nothing', async () => {
    const id = await deploy(
      'whole',
      [
        'env | sort; echo "secret $SECRET_WORD"; echo "home $HOME $TMPDIR"; ls -A "$HOME" "$TMPDIR"',
        'cat "$CERTIFICATE"; echo; stat -c "mode %a" "$(dirname "$(dirname "$CERTIFICATE")")"; echo "file $CERTIFICATE"',
        'sleep 600 & echo "left $!"',
        'mkdir -p "$HOME/mod/deep" && touch "$HOME/mod/deep/file" && chmod -R a-w "$HOME/mod"',
        SITE,
      ].join('\n'),
      { installCommand: 'echo installed > installed.txt', node: '>=18' },
    );
    const deployment = await instance.client.untilEnded(id);
    const log = await logOf(id);
    expect(deployment, log).toMatchObject({ status: 'success', version: '1.2.3' });
    expect(deployment.plan).toMatchObject({
      image: 'host',
      tools: { node: expect.stringMatching(/^\d+\.\d+/) },
    });
    expect(deployment.plan?.imageDigest).toBeUndefined();
    const [artifact] = deployment.artifacts;
    const site = await unzip(Buffer.from(await (await fetch(artifact?.url ?? '')).arrayBuffer()));
    expect(site.get('index.html')?.toString()).toBe('<h1>hello</h1>\n');

    expect(log).toContain('This runner builds without a sandbox (executor: host)');
    expect(log).toContain('No lockfile found, so this deployment has no SBOM');
    expect(deployment.urls.sbom).toBeUndefined();
    expect(await instance.runner.output()).toContain('This runner builds without a sandbox');
    expect(log).not.toContain(RUNNERS_OWN);
    expect(log).not.toContain('APPFLUX_RUNNER');
    expect(log).not.toContain(SECRET);
    expect(log).toMatch(/^secret \*\*\*$/m);
    expect(log).not.toContain(FILE);
    expect(log).toMatch(/^APPFLUX_APP=whole$/m);
    expect(log).toMatch(/^mode 700$/m);
    for (const path of [
      /^home (\S+) /m.exec(log)?.[1],
      /^home \S+ (\S+)$/m.exec(log)?.[1],
      /^file (\S+)$/m.exec(log)?.[1],
    ]) {
      expect(path).toMatch(/^\//);
      await expect
        .poll(() =>
          access(path ?? '').then(
            () => 'there',
            () => 'gone',
          ),
        )
        .toBe('gone');
    }
    expect(isRunning(await pidAfter(id, 'left'))).toBe(false);
  });

  it('with a lockfile has an SBOM as it was before the build, and provenance that doesn’t claim a sandbox', async () => {
    const { api } = instance.client;
    const packages = { '': { dependencies: { left: '1' } }, 'node_modules/left': { version: '1.0.0' } };
    const id = await deploy('locked', `echo '{}' > package-lock.json; ${SITE}`, {
      files: { 'package-lock.json': JSON.stringify({ lockfileVersion: 3, packages }) },
    });
    const deployment = await instance.client.untilEnded(id);
    const log = await logOf(id);
    expect(deployment, log).toMatchObject({ status: 'success', artifacts: [{ name: 'locked-1.2.3.zip' }] });
    expect(log).toContain('SBOM: 1 component of "package-lock.json".');
    expect(await api.deployments.sbom(id)).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'locked', version: '1.2.3' } },
      components: [{ purl: 'pkg:npm/left@1.0.0', scope: 'required' }],
    });
    const envelope = await api.deployments.attestation(id);
    const keys = await api.instance.provenanceKeys();
    const { statement, subjects } = await verifyEnvelope(envelope, keys);
    expect(statement.predicate.runDetails.builder.id).toMatch(/\/builders\/host$/);
    // What it says of the SBOM is the SHA-256 of the bytes that curl writes, which decompresses nothing.
    const { stdout } = await execa(
      'curl',
      ['-sSf', '-H', 'Accept-Encoding: gzip', '-H', `Authorization: Bearer ${instance.client.token}`].concat(
        deployment.urls.sbom ?? '',
      ),
      { encoding: 'buffer' },
    );
    expect(statement.predicate.runDetails).toMatchObject({
      byproducts: [{ digest: { sha256: createHash('sha256').update(stdout).digest('hex') } }],
    });
    // The site is published: the ZIP stands for it, and its manifest has the SHA-256 of each file.
    expect(subjects).toEqual(['locked-1.2.3.zip', 'site-manifest.json.gz']);
    const zip = await (await fetch(deployment.artifacts[0]?.url ?? '')).arrayBuffer();
    const sha256 = createHash('sha256').update(Buffer.from(zip)).digest('hex');
    expect((await verifyEnvelope(envelope, keys, { sha256 })).subjects).toEqual(['locked-1.2.3.zip']);
  });

  it('has the section of its version in the change log as release notes, as it was before the build', async () => {
    const { api } = instance.client;
    const id = await deploy('noted', `echo "## 1.2.3" > CHANGELOG.md; ${SITE}`, {
      files: {
        'CHANGELOG.md': `# Changes\n\n## 1.2.3\n\n- **Faster** than ${SECRET}\n\n## 1.2.2\n\n- Old\n`,
      },
    });
    const deployment = await instance.client.untilEnded(id);
    expect(deployment, await logOf(id)).toMatchObject({ status: 'success' });
    await expect
      .poll(() => api.deployments.notes(id))
      .toEqual({ notes: { text: '- **Faster** than ***', source: 'changelog' } });
  });

  it('that fails reports why, like any other', async () => {
    const id = await deploy('failing', 'echo "error: the lid does not fit" >&2; exit 3');
    const { failure } = await instance.client.untilEnded(id);
    expect(failure).toMatchObject({ code: 'build_failed', phase: 'building' });
    expect(failure?.message).toContain('ended with exit code 3: error: the lid does not fit');
  });

  it('that is killed is not reported as over a limit', async () => {
    const id = await deploy('killed', 'kill -KILL $$');
    const { failure } = await instance.client.untilEnded(id);
    expect(failure).toMatchObject({ code: 'build_failed', message: expect.stringContaining('SIGKILL') });
  });

  it('that is canceled has time to clean up, and ends with its children', async () => {
    const id = await deploy(
      'canceled',
      `trap 'echo tidied; exit 1' TERM; sleep 600 & echo "child $!"; while :; do sleep 0.1; done`,
    );
    const child = await pidAfter(id, 'child');
    expect(isRunning(child)).toBe(true);
    await instance.client.cancel(id);
    expect(await instance.client.untilEnded(id)).toMatchObject({ status: 'canceled' });
    expect(await logOf(id)).toMatch(/^tidied$/m);
    await expect.poll(() => isRunning(child)).toBe(false);
  });

  it('that exceeds its deadline is ended, even if it ignores TERM', async () => {
    const id = await deploy(
      'endless',
      `trap '' TERM; sleep 600 & echo "child $!"; while :; do sleep 0.1; done`,
      { timeoutSeconds: 10 },
    );
    const child = await pidAfter(id, 'child');
    expect((await instance.client.untilEnded(id)).failure).toMatchObject({ code: 'build_timeout' });
    await expect.poll(() => isRunning(child)).toBe(false);
  });

  it('that is running when its runner is killed ends with the runner', async () => {
    const id = await deploy('orphaned', `echo "child $$"; while :; do sleep 0.1; done`);
    const child = await pidAfter(id, 'child');
    await instance.runner.kill();
    await expect.poll(() => isRunning(child)).toBe(false);
    await instance.runner.start();
    await instance.client.cancel(id);
    await instance.client.untilEnded(id);
  });
});

describe('a runner without a sandbox', () => {
  it.each([[[]], [['arm64']]])('gets no job that asks for the labels %j', async (labels) => {
    const id = await deploy(`unasked-${labels.join('') || 'none'}`, SITE, { labels });
    await expect
      .poll(async () => (await instance.client.deployment(id)).waitingFor)
      .toBe('mini builds without a sandbox, and this App does not ask for that by the label `macos`');
    expect(await instance.client.deployment(id)).toMatchObject({ status: 'queued', attempt: 0 });
    await instance.client.cancel(id);
  });

  it('is shown as such', async () => {
    expect(await instance.client.runners()).toMatchObject([{ name: 'mini', executor: 'host' }]);
  });
});
