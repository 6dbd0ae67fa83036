/** The token that a grant gives a runner to clone with: the GitHub App's, for this repository. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test, vi } from 'vitest';
import { UNICORN } from '../../../stack/stand-ins/github-app/faults.ts';
import { connected, type TestGithub, testGithub } from '../git-hosts/testing/github.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll } from '../testing/worker.ts';
import { sampleSpec } from './testing/sample-spec.ts';

beforeEach(forgetAll);

/** A deployment of `repository` by a team that has an installation on `octo-org`, and a runner of it. */
async function prepared(github: TestGithub, repository: string) {
  await github.registered();
  const { installations } = await github.control({
    repositories: [{ owner: 'octo-org', name: 'site' }],
    installations: [{ account: 'octo-org', type: 'Organization' }],
  });
  const repoUrl = github.repoUrl(repository);
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  const [installation] = installations;
  if (installation !== undefined) await connected(github, app.ownerId, installation);
  const id = newObjectId();
  const object = env.DEPLOYMENTS.getByName(id);
  await runInDurableObject(object, (instance) => {
    const variables = { ...env, GITHUB_URL: env.GITHUB_URL, GITHUB_API_URL: env.GITHUB_API_URL };
    Object.defineProperty(instance, 'env', { value: variables, configurable: true });
  });
  const source = { kind: 'git', repoUrl, branch: 'main', commit: null, rootDirectory: './' } as const;
  const created = await object.create(
    sampleSpec({
      createdAt: Date.now(),
      id,
      ownerId: app.ownerId,
      app: { id: app.id, slug: app.slug, name: app.name },
      source,
    }),
  );
  const runner = await givenRunner(app.ownerId);
  return { object, created, grant: await leaseOf(id, runner) };
}

const tokenOf = ({ job }: Awaited<ReturnType<typeof prepared>>['grant']) =>
  job.source.kind === 'git' ? job.source.token : undefined;

test('it may read that repository, and is in no record and nothing that is stored', async () => {
  using github = testGithub();
  const { object, grant } = await prepared(github, 'octo-org/site');
  const token = tokenOf(grant) ?? '';
  expect(token).toMatch(/^ghs_/);
  const stored = await runInDurableObject(object, (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
      )
      .toArray()
      .map(({ name }) => JSON.stringify(storage.sql.exec(`SELECT * FROM "${name}"`).toArray())),
  );
  expect(stored.join()).toContain('octo-org/site');
  expect(stored.join()).not.toContain(token);
  expect(JSON.stringify(await object.snapshot())).not.toContain(token);
});

test.each([
  ['a repository of someone else', 'mallory/site'],
  ['a repository that is not covered', 'octo-org/none'],
])('%s is cloned without one', async (_, repository) => {
  using github = testGithub();
  expect(tokenOf((await prepared(github, repository)).grant)).toBeNull();
});

test('a GitHub that does not answer does not keep a job from being granted', async () => {
  using github = testGithub();
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await github.control({ faults: [{ on: '/access_tokens', fault: UNICORN }] });
  expect(tokenOf((await prepared(github, 'octo-org/site')).grant)).toBeNull();
  expect(JSON.stringify(log.mock.calls)).toContain('GitHub gives no token');
  log.mockRestore();
});
