/**
 * The GitHub App from its registration to what GitHub shows of a pull request, on an instance of its own. GitHub is the
 * server that answers as it documents (stack/stand-ins/github-app).
 */
import { createHmac } from 'node:crypto';
import { createClient } from '@appflux/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  type Control,
  type GithubServer,
  type Shown,
  startGithub,
} from '../../stack/stand-ins/github-app/start.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';

const COMMIT = '1f0e2d3c4b5a69788796a5b4c3d2e1f001234567';

let server: GithubServer;
let github: string;
let edge: EdgeInstance;
let client: Client;

beforeAll(async () => {
  server = await startGithub();
  github = `${server.origin}/w/e2e`;
  edge = await startInstance({ variables: { GITHUB_URL: github, GITHUB_API_URL: `${github}/api` } });
  client = new Client(edge);
});
afterAll(async () => {
  await edge?.stop();
  await server?.stop();
});

async function control(wanted: Control = {}): Promise<Shown> {
  const response = await fetch(`${github}/control`, { method: 'POST', body: JSON.stringify(wanted) });
  return (await response.json()) as Shown;
}

/** The owner of the instance, signed in. */
async function owner() {
  const { operator } = createClient({ url: edge.url, token: edge.operatorSecret });
  const { url } = await operator.createSignInLink();
  const token_hash = new URLSearchParams(new URL(url).hash.slice(1)).get('token_hash');
  const response = await fetch(`${edge.url}/auth/v1/verify`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ type: 'magiclink', token_hash }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return createClient({ url: edge.url, token });
}

const stateOf = (url: string) => new URL(url).searchParams.get('state') ?? '';

/** Registers the App and connects its installation; returns what a payload names. */
async function connectGithub() {
  const person = await owner();
  const { action } = await person.github.manifest({ organization: 'octo-org' });
  const { code } = await control({ manifestCode: true });
  await person.github.registerApp({ code: code ?? '', state: stateOf(action) });
  const { repositories, installations } = await control({
    repositories: [{ owner: 'octo-org', name: 'site', people: { ada: 'admin' } }],
    installations: [{ account: 'octo-org', type: 'Organization' }],
  });
  const [repository] = repositories;
  const [installation] = installations;
  if (repository === undefined || installation === undefined) throw new Error('nothing is installed');
  const { installUrl } = await person.github.start();
  const { code: userCode } = await control({ codeFor: 'ada' });
  const answer = {
    code: userCode ?? '',
    state: stateOf(installUrl),
    installationId: String(installation.id),
  };
  expect(await person.github.connect(answer)).toMatchObject([{ account: 'octo-org' }]);
  const { items } = await person.github.repositories({ search: 'SITE' });
  return { repoUrl: items[0]?.url ?? '', repositoryId: repository.id, installationId: installation.id };
}

it('a pull request has a check, a deployment and one comment, which follow its build to the end', async () => {
  const { repoUrl, repositoryId, installationId } = await connectGithub();
  await client.createApp({
    name: 'Site',
    source: { provider: 'github', repoUrl, branch: 'main' },
    build: { labels: ['github'] },
  });
  const repository = {
    id: repositoryId,
    full_name: 'octo-org/site',
    html_url: repoUrl.replace(/\.git$/, ''),
    clone_url: repoUrl,
    ssh_url: repoUrl,
    default_branch: 'main',
  };
  const branch = (ref: string, sha: string) => ({ ref, sha, repo: { id: repositoryId, clone_url: repoUrl } });
  const body = JSON.stringify({
    action: 'opened',
    pull_request: {
      number: 7,
      title: 'Change | <b>',
      html_url: `${repository.html_url}/pull/7`,
      draft: false,
      head: branch('topic', COMMIT),
      base: branch('main', '2'.repeat(40)),
    },
    repository,
    sender: { login: 'ada' },
    installation: { id: installationId },
  });
  const { app } = await control();
  const deliver = async (secret: string) =>
    fetch(`${edge.url}/hooks/github`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-GitHub-Event': 'pull_request',
        'X-GitHub-Delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
        'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
    });
  expect((await deliver('another secret')).status).toBe(401);
  expect((await deliver(app.webhookSecret)).status).toBe(202);
  const deployment = await vi.waitFor(
    async () => {
      const { items } = await client.api.deployments.list();
      expect(items).toHaveLength(1);
      return items[0];
    },
    { timeout: 20_000 },
  );
  const shown = (check: (github: Shown) => void) =>
    vi.waitFor(
      async () => {
        const now = await control();
        check(now);
        return now;
      },
      { timeout: 30_000, interval: 100 },
    );
  await shown(({ comments }) => expect(comments[0]?.body).toContain('| Site | Queued |'));

  const registered = await client.registerRunner('github', ['github']);
  const runner = await SimulatedRunner.connect(edge.url, registered, { labels: ['github'] });
  const attempt = await runner.begin();
  const { source } = attempt.grant.job;
  expect(source).toMatchObject({ kind: 'git', repoUrl, commit: COMMIT });
  expect(source.kind === 'git' ? source.token : null).toMatch(/^ghs_/);
  await shown(({ comments }) => expect(comments[0]?.body).toContain('| Site | Building |'));
  attempt.lines(1, 1, () => 'src/a.ts(3,1): error TS2322: Type mismatch.');
  await attempt.acked();
  attempt.fail();

  const { checks, deployments, deploymentStatuses, comments } = await shown((now) =>
    expect(now.comments[0]?.body).toContain('| Site | Failed |'),
  );
  expect(checks).toMatchObject([
    {
      external_id: deployment?.id,
      head_sha: COMMIT,
      conclusion: 'failure',
      output: { annotations: [{ path: 'src/a.ts', start_line: 3, message: 'TS2322: Type mismatch.' }] },
    },
  ]);
  expect(deployments).toHaveLength(1);
  expect(deploymentStatuses.at(-1)).toMatchObject({ state: 'failure' });
  expect(comments).toHaveLength(1);
  // Neither the token nor a secret of the App is in a log.
  const log = await edge.output();
  expect(log).not.toMatch(/gh[su]_\w{8}/);
  expect(log).not.toContain(app.webhookSecret);
}, 120_000);
