/** Sources from a real Git server: exactly the requested branch, commit and folder are built. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CreateDeployment, Deployment } from '@appflux/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GitServer, startGitServer } from '../../runner/src/job/prepare/testing/git-server.ts';
import { BareRepository } from '../../runner/src/job/prepare/testing/repository.ts';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type RunnerProcess, startRunner } from '../instance/runner.ts';
import { unzip } from '../source/zip.ts';

let edge: EdgeInstance;
let client: Client;
let runner: RunnerProcess;
let server: GitServer;
let folder: string;
let commits: { first: string; second: string; next: string };

/** A project whose build writes its text, and the build's variables for its commit, into index.html. */
const project = (text: string) => ({
  'package.json': JSON.stringify({ name: 'from-git', version: '1.0.0', private: true }),
  'appflux.json': JSON.stringify({
    installCommand: 'true',
    buildCommand:
      'mkdir dist && echo "<title>Git</title>$(cat text.txt) $APPFLUX_BRANCH $APPFLUX_COMMIT_SHA" > dist/index.html',
    outputs: ['dist'],
  }),
  'text.txt': text,
});

const below = (path: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${path}/${name}`, text]));

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  folder = await mkdtemp(join(tmpdir(), 'appflux-git-'));
  const repository = new BareRepository(folder, 'site.git');
  commits = {
    first: repository.commit(project('first'), { message: 'Begin' }),
    second: repository.commit(project('second'), { message: 'Continue' }),
    next: repository.commit(project('next'), { branch: 'feature/next', message: 'Try something' }),
  };
  new BareRepository(folder, 'many.git').commit({
    'README.md': 'Two projects',
    ...below('apps/site', project('the site')),
    ...below('apps/other', project('the other')),
  });
  server = await startGitServer(folder);
  edge = await startInstance();
  client = new Client(edge);
  runner = await startRunner(edge);
});

afterAll(async () => {
  await runner?.stop();
  await edge?.stop();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function deploy(
  slug: string,
  asked: CreateDeployment = {},
): Promise<{ deployment: Deployment; index: string }> {
  const { id } = await client.deploy(slug, asked);
  const deployment = await client.untilEnded(id);
  const { items } = await client.logs(id);
  expect(deployment.failure, items.map(({ text }) => text).join('\n')).toBeNull();
  const bytes = Buffer.from(await (await fetch(deployment.artifactUrl ?? '')).arrayBuffer());
  return { deployment, index: (await unzip(bytes)).get('index.html')?.toString() ?? '' };
}

it('the app’s branch is built at its newest commit, or another branch or commit on request', async () => {
  const source = { provider: 'git' as const, repoUrl: `${server.url}/site.git`, branch: 'main' };
  const { slug } = await client.createApp({ name: 'From Git', source });

  const newest = await deploy(slug);
  expect(newest.index).toContain(`second main ${commits.second}`);
  expect(newest.deployment).toMatchObject({
    branch: 'main',
    commitHash: commits.second,
    commitMessage: 'Continue',
    trigger: 'manual',
  });

  const earlier = await deploy(slug, { commit: commits.first });
  expect(earlier.index).toContain(`first main ${commits.first}`);
  expect(earlier.deployment).toMatchObject({ commitHash: commits.first, commitMessage: 'Begin' });

  const branch = await deploy(slug, { branch: 'feature/next' });
  expect(branch.index).toContain(`next feature/next ${commits.next}`);
  expect(branch.deployment).toMatchObject({ branch: 'feature/next', commitHash: commits.next });
  expect(await runner.leftovers()).toEqual({ containers: [], folders: [] });
});

it('the root directory selects one project of many', async () => {
  const source = { provider: 'git' as const, repoUrl: `${server.url}/many.git`, rootDirectory: 'apps/site' };
  const { slug } = await client.createApp({
    name: 'One of many',
    source,
    build: {
      installCommand: 'true',
      buildCommand: 'mkdir dist && cat text.txt > dist/index.html',
      outputs: ['dist'],
    },
  });
  expect((await deploy(slug)).index).toBe('the site');
});
