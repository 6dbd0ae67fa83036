/** Webhooks of GitHub through the Worker: what they deploy, skip, cancel and end. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { DEFAULT_TRIGGERS } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { bounded } from '../git-hosts/bounded.ts';
import type { RepositoryBound } from '../git-hosts/event.ts';
import { github } from '../git-hosts/github.ts';
import { limitedSql } from '../limits/sql.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { branchLabel } from '../sites/hosts/labels.ts';
import { forgetAll, signIn } from '../testing/worker.ts';
import { Ledger } from './ledger.ts';
import { plan } from './plan.ts';
import {
  appOf as anyAppOf,
  deletedPayload,
  deliver,
  deploymentsOf,
  listed,
  pullRequestPayload,
  pushPayload,
} from './testing/deliver.ts';

const sha = (of: number | string) => String(of).padStart(40, '0').replace(/^0/, 'f');
const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40)) as [
  string,
  string,
  string,
  string,
];

let ownerId: string;
/** What the object makes ready before it plans an event of this app. */
const idsFor = ({ id }: AppRecord) => new Map([[id, newObjectId()]]);

const appOf = (change: Partial<AppRecord> = {}) => anyAppOf({ ownerId, ...change });

beforeEach(async () => {
  await forgetAll();
  await signIn();
  ownerId = (await metadataOf(env).users.owner())?.id ?? '';
});

/** An app's deployments, oldest first, each as a line. */
const lines = async (app: AppRecord): Promise<string[]> =>
  (await listed(app)).map(({ status, branch, environment, commitHash, skipped }) =>
    [status, environment, branch, commitHash?.slice(0, 2), ...(skipped ? [skipped.reason] : [])].join(' '),
  );

/** Waits until the app's deployments are these. */
const eventually = (app: AppRecord, expected: string[]) =>
  expect.poll(() => lines(app), { timeout: 10_000 }).toEqual(expected);

const triggers = () => env.TRIGGERS.getByName(`${ownerId}:github.com/octo/site`);

const pushHeaders = new Headers({ 'X-GitHub-Event': 'push' });

const fork = { id: 5, clone_url: 'https://github.com/eve/site.git' };

describe('a delivery', () => {
  test('deploys with who pushed, and the commit and its message', async () => {
    const app = await appOf();
    const [id = ''] = deploymentsOf(
      await deliver('push', pushPayload({ after: B, message: 'Hello\n\nWorld' })),
    );
    const deployment = await metadataOf(env).deployments.byId(id);
    expect(deployment).toMatchObject({
      appId: app.id,
      trigger: 'push',
      creator: { kind: 'github', name: 'ada' },
      commitHash: B,
      commitMessage: 'Hello\n\nWorld',
      branch: 'main',
      environment: 'production',
      pullRequest: null,
      skipped: null,
    });
  });

  test('that is sent again gets the same answer and deploys nothing', async () => {
    const app = await appOf();
    const delivery = crypto.randomUUID();
    const first = await deliver('push', pushPayload({ after: B }), { delivery });
    const again = await Promise.all(
      Array.from({ length: 5 }, () => deliver('push', pushPayload({ after: B }), { delivery })),
    );
    for (const answer of again) expect(answer).toEqual(first);
    await eventually(app, ['queued production main bb']);
  });

  test('of a second webhook deploys nothing, in whatever order and however late it comes', async () => {
    const app = await appOf({ build: { ...appRecord().build, supersede: false } });
    const pushes = [pushPayload({ before: A, after: B }), pushPayload({ before: B, after: C })];
    const first = [];
    for (const payload of pushes) first.push(await deliver('push', payload));
    for (const [at, payload] of [...pushes.entries()].reverse())
      expect(await deliver('push', payload)).toEqual(first[at]);
    await eventually(app, ['queued production main bb', 'queued production main cc']);
  });

  test('of the same push is another push once the branch was moved back', async () => {
    await appOf();
    const there = pushPayload({ before: A, after: B });
    const first = deploymentsOf(await deliver('push', there));
    await deliver('push', pushPayload({ before: B, after: A, forced: true }));
    const second = deploymentsOf(await deliver('push', there));
    expect(second).not.toContain(first[0]);
    expect(deploymentsOf(await deliver('push', there))).toEqual(second);
  });

  test('of a deleted branch is another one once the branch was there again', async () => {
    const deleted = { ...github.parse(pushHeaders, pushPayload({ branch: 'x', after: B })), after: null };
    const there = github.parse(pushHeaders, pushPayload({ branch: 'x', after: B }));
    const seqs = await runInDurableObject(triggers(), (_object, state) => {
      const ledger = new Ledger(limitedSql(state.storage.sql));
      return [deleted, deleted, there, deleted].map((event, at) =>
        ledger.receive(String(at), ownerId, event as RepositoryBound, Date.now()),
      );
    });
    expect(seqs[1]).toBe(seqs[0]);
    expect(new Set(seqs).size).toBe(3);
  });

  test('deploys no app of another team, and not without an app', async () => {
    const theirs = await anyAppOf({ ownerId: crypto.randomUUID() });
    expect(await deliver('push', pushPayload({ after: B }))).toEqual({
      ignored: 'No app of this team is built from octo/site',
    });
    expect(await lines(theirs)).toEqual([]);
  });

  test('deploys every app of the repository, each by its own rules', async () => {
    const at = (rootDirectory: string, slug: string) =>
      appOf({
        slug,
        source: {
          provider: 'github',
          repoUrl: 'https://github.com/octo/site',
          branch: 'main',
          rootDirectory,
          depth: 1,
        },
      });
    const [web, api] = [await at('apps/web', 'web'), await at('apps/api', 'api')];
    const uploads = await appOf({ slug: 'zip', source: { provider: 'upload', rootDirectory: './' } });
    const commits = [{ added: ['apps/web/a'], removed: [], modified: [] }];
    expect(deploymentsOf(await deliver('push', pushPayload({ before: A, after: B, commits })))).toHaveLength(
      1,
    );
    await eventually(web, ['queued production main bb']);
    await eventually(api, ['canceled production main bb No file changed in apps/api']);
    expect(await lines(uploads)).toEqual([]);
  });

  test('that makes no build is listed with its reason, and a redeploy of it can be asked for', async () => {
    const app = await appOf();
    expect(await deliver('push', pushPayload({ after: B, message: 'typo [CI Skip]' }))).toEqual({
      ignored: 'The commit message has [CI Skip]',
    });
    await eventually(app, ['canceled production main bb The commit message has [CI Skip]']);
    const [deployment] = await listed(app);
    expect(deployment).toMatchObject({ trigger: 'push', attempt: 0, commitMessage: 'typo [CI Skip]' });
  });
});

describe('pushes while others wait', () => {
  test('a force-push cancels what waits, whatever the app says of newer commits', async () => {
    const app = await appOf();
    await metadataOf(env).apps.update(app.id, { build: { ...app.build, supersede: false } });
    await deliver('push', pushPayload({ before: A, after: B }));
    await deliver('push', pushPayload({ branch: 'feature', before: A, after: B }));
    await deliver('push', pushPayload({ before: B, after: C, forced: true }));
    await eventually(app, [
      'canceled production main bb',
      'queued preview feature bb',
      'queued production main cc',
    ]);
  });

  test('a deleted branch cancels what waits for it, and takes its URL away', async () => {
    const app = await appOf();
    const { sites } = metadataOf(env);
    const [id = ''] = deploymentsOf(await deliver('push', pushPayload({ branch: 'feature', after: B })));
    await deliver('push', pushPayload({ after: B }));
    const label = branchLabel('feature', app.slug);
    await sites.point({
      label,
      appId: app.id,
      branch: 'feature',
      deploymentId: id,
      createdAt: (await listed(app))[0]?.createdAt ?? '',
    });
    expect((await sites.byLabel(label))?.deployment.id).toBe(id);
    expect(await deliver('push', deletedPayload('feature', B))).toEqual({
      ignored: 'The branch was deleted',
    });
    await eventually(app, ['canceled preview feature bb', 'queued production main bb']);
    await expect.poll(() => sites.byLabel(label)).toBe(null);
  });

  test('of many at the same time the newest is built, and the others are listed', async () => {
    const app = await appOf();
    const payloads = Array.from({ length: 20 }, (_, n) => pushPayload({ before: sha(n), after: sha(n + 1) }));
    for (const answer of await Promise.all(payloads.map((payload) => deliver('push', payload))))
      expect(answer).toHaveProperty('deployments');
    await expect
      .poll(async () => (await listed(app)).filter(({ status }) => status === 'queued').length, {
        timeout: 20_000,
      })
      .toBe(1);
    await expect.poll(async () => (await listed(app)).length, { timeout: 20_000 }).toBe(20);
    const queued = (await listed(app)).filter(({ status }) => status === 'queued');
    expect(queued.map(({ commitHash }) => commitHash)).toEqual([sha(20)]);
  });

  test('10,000 deliveries of ten pushes, by several webhooks and again, make ten deployments', async () => {
    const app = await appOf();
    await metadataOf(env).apps.update(app.id, { build: { ...app.build, supersede: false } });
    const pushes = Array.from({ length: 10 }, (_, n) => ({
      payload: pushPayload({ branch: `feature-${n}`, before: A, after: sha(n + 1) }),
      ids: Array.from({ length: 20 }, () => crypto.randomUUID()),
    }));
    const event = (payload: unknown) =>
      bounded(github.parse(new Headers({ 'X-GitHub-Event': 'push' }), payload)) as RepositoryBound;
    const events = pushes.map(({ payload, ids }) => ({ event: event(payload), ids }));
    const object = triggers();
    const answers = await Promise.all(
      Array.from({ length: 10_000 }, (_, n) => {
        const { event: pushed, ids } = events[n % 10] ?? { event: event({}), ids: [] };
        return object.receive({ deliveryId: ids[Math.floor(n / 10) % 20] ?? '', ownerId, event: pushed });
      }),
    );
    expect(answers).toHaveLength(10_000);
    const named = new Set(answers.flatMap((answer) => ('deployments' in answer ? answer.deployments : [])));
    await expect.poll(async () => (await listed(app)).length, { timeout: 30_000 }).toBe(10);
    expect((await listed(app)).map(({ id }) => id).sort()).toEqual([...named].sort());
  });
});

describe('a pull request', () => {
  test('and the push of its commit make one deployment, whichever comes first', async () => {
    const app = await appOf({ build: { ...appRecord().build, supersede: false } });
    const pushed = deploymentsOf(await deliver('push', pushPayload({ branch: 'feature', after: B })));
    expect(deploymentsOf(await deliver('pull_request', pullRequestPayload({ head: B })))).toEqual(pushed);
    const opened = deploymentsOf(
      await deliver('pull_request', pullRequestPayload({ action: 'synchronize', head: C, before: B })),
    );
    const then = await deliver('push', pushPayload({ branch: 'feature', before: B, after: C }));
    expect(deploymentsOf(then)).toEqual(opened);
    await eventually(app, ['queued preview feature bb', 'queued preview feature cc']);
    await expect
      .poll(async () => (await listed(app)).map(({ pullRequest }) => pullRequest))
      .toEqual(
        Array(2).fill({
          number: 7,
          title: 'A feature',
          url: 'https://github.com/octo/site/pull/7',
          fork: false,
        }),
      );
    const late = await deliver(
      'pull_request',
      pullRequestPayload({ action: 'synchronize', head: B, before: A }),
    );
    expect(deploymentsOf(late)).toEqual(pushed);
  });

  test('is deployed by its own rules where pushes are turned off', async () => {
    const app = await appOf({ triggers: { ...DEFAULT_TRIGGERS, push: false } });
    await deliver('push', pushPayload({ branch: 'feature', after: B }));
    await deliver('pull_request', pullRequestPayload({ head: B }));
    const reason = 'Deployments of pushes are turned off for this app';
    await eventually(app, [`canceled preview feature bb ${reason}`, 'queued preview feature bb']);
    // From now on, the pull request decides alone.
    expect(await deliver('push', pushPayload({ branch: 'feature', before: B, after: C }))).toEqual({
      ignored: 'The pull request of feature decides',
    });
    expect(await lines(app)).toHaveLength(2);
  });

  test('that is closed cancels what waits, and is deployed again when it is reopened', async () => {
    const app = await appOf();
    await deliver('push', pushPayload({ branch: 'feature', after: B }));
    await deliver('pull_request', pullRequestPayload({ head: B }));
    for (let n = 0; n < 2; n += 1)
      await deliver('pull_request', pullRequestPayload({ action: 'closed', head: B }));
    await eventually(app, ['canceled preview feature bb']);
    await deliver('pull_request', pullRequestPayload({ action: 'reopened', head: B }));
    await eventually(app, ['canceled preview feature bb', 'queued preview feature bb']);
    // Closing it twice canceled once, and the audit log says who did.
    const { items } = await metadataOf(env).audit.list(ownerId, { limit: 100 });
    expect(items.filter(({ action }) => action === 'deployment.cancel')).toMatchObject([
      { actor: { kind: 'github', id: null, name: 'ada' }, target: { kind: 'deployment', name: app.slug } },
    ]);
  });

  test('from a fork waits for approval, without variables, and never as the production branch', async () => {
    const app = await appOf();
    const payload = (head: string, action = 'opened') =>
      pullRequestPayload({ branch: 'main', head, action, fork });
    const [id = ''] = deploymentsOf(await deliver('pull_request', payload(B)));
    await eventually(app, ['queued preview pull/7 bb']);
    expect((await listed(app))[0]).toMatchObject({
      trigger: 'pull_request',
      approval: { state: 'required', by: null },
      pullRequest: { number: 7, fork: true },
    });
    expect(await deploymentOf(env, id).spec()).toMatchObject({ variables: {}, files: {} });
    await deliver('pull_request', payload(C, 'synchronize'));
    await eventually(app, ['canceled preview pull/7 bb', 'queued preview pull/7 cc']);
    await deliver('pull_request', payload(C, 'closed'));
    await eventually(app, ['canceled preview pull/7 bb', 'canceled preview pull/7 cc']);
  });

  test('from a fork is listed where forks are never built', async () => {
    const app = await appOf({ triggers: { ...DEFAULT_TRIGGERS, forks: 'never' } });
    await deliver('pull_request', pullRequestPayload({ head: B, fork }));
    await eventually(app, [
      'canceled preview pull/7 bb Pull requests from forks are never deployed for this app',
    ]);
  });
});

describe('a repository', () => {
  const renamed = {
    full_name: 'acme/shop',
    html_url: 'https://github.com/acme/shop',
    clone_url: 'https://github.com/acme/shop.git',
    ssh_url: 'git@github.com:acme/shop.git',
  };

  test('that was renamed or transferred is known by its id', async () => {
    const app = await appOf();
    await deliver('push', pushPayload({ after: B }));
    const { apps } = metadataOf(env);
    await expect.poll(async () => (await apps.byId(app.id))?.repositoryId).toBe('github:186853002');
    deploymentsOf(await deliver('push', pushPayload({ before: B, after: C, repository: renamed })));
    await expect
      .poll(async () => (await apps.byId(app.id))?.source)
      .toMatchObject({ repoUrl: 'https://github.com/acme/shop.git', branch: 'main' });
    expect(await apps.byId(app.id)).toMatchObject({ repoKey: 'github.com/acme/shop' });
    // Somebody else may have the old name by now.
    expect(await deliver('push', pushPayload({ after: D, repository: { id: 7 } }))).toHaveProperty('ignored');
  });

  test('of another host is another one, whatever its id', async () => {
    const source = {
      provider: 'git',
      repoUrl: 'https://github.example/octo/site',
      branch: 'main',
      rootDirectory: './',
      depth: 1,
    } as const;
    const app = await appOf({
      source,
      repoKey: 'github.example/octo/site',
      repositoryId: 'github:186853002',
    });
    expect(await deliver('push', pushPayload({ after: B }))).toHaveProperty('ignored');
    expect(await metadataOf(env).apps.byId(app.id)).toMatchObject({ source });
    expect(await lines(app)).toEqual([]);
  });

  test.each([
    ['is no URL of a repository', 'ext::sh -c id'],
    ['is not encrypted any more', 'http://github.com/acme/shop.git'],
  ])('is not fetched from a new address that %s', async (_what, clone_url) => {
    const app = await appOf({ repositoryId: 'github:186853002' });
    const repository = { ...renamed, clone_url };
    const [id = ''] = deploymentsOf(await deliver('push', pushPayload({ after: B, repository })));
    await eventually(app, ['queued production main bb']);
    expect(await deploymentOf(env, id).spec()).toMatchObject({
      source: { repoUrl: 'https://github.com/octo/site' },
    });
    expect(await metadataOf(env).apps.byId(app.id)).toMatchObject({ source: app.source });
  });

  test('that is fetched over SSH stays so under its new name', async () => {
    const app = await appOf({
      source: {
        provider: 'git',
        repoUrl: 'ssh://git@github.com/octo/site.git',
        branch: 'main',
        rootDirectory: './',
        depth: 1,
      },
      repositoryId: 'github:186853002',
    });
    const payload = pushPayload({ after: B, repository: renamed });
    await deliver('repository', {
      ...payload,
      action: 'renamed',
      changes: { repository: { name: { from: 'site' } } },
    });
    await expect
      .poll(async () => (await metadataOf(env).apps.byId(app.id))?.source)
      .toMatchObject({ repoUrl: 'ssh://git@github.com/acme/shop.git' });
  });
});

describe('a check that is asked for again', () => {
  test('builds the same commit again, once it has ended', async () => {
    const app = await appOf();
    const payload = pushPayload({ after: B });
    const [id = ''] = deploymentsOf(await deliver('push', payload));
    const check = (external_id: string | null) => ({
      action: 'rerequested',
      check_run: { head_sha: B, external_id },
      repository: payload.repository,
      sender: { login: 'grace' },
    });
    expect(await deliver('check_run', check(id))).toHaveProperty('ignored');
    await deploymentOf(env, id).cancel('for the test');
    await eventually(app, ['canceled production main bb']);
    const delivery = crypto.randomUUID();
    const again = deploymentsOf(await deliver('check_run', check(id), { delivery }));
    expect(deploymentsOf(await deliver('check_run', check(id), { delivery }))).toEqual(again);
    await eventually(app, ['canceled production main bb', 'queued production main bb']);
    expect((await listed(app))[1]).toMatchObject({
      id: again[0],
      creator: { kind: 'github', name: 'grace' },
    });
  });
});

describe('an object that stopped', () => {
  const event = bounded(
    github.parse(new Headers({ 'X-GitHub-Event': 'push' }), pushPayload({ before: A, after: B })),
  ) as RepositoryBound;

  /** Brings the object's rows into a state, as if it had stopped there, and wakes it by its alarm. */
  async function stoppedAfter(steps: (ledger: Ledger) => void): Promise<void> {
    await runInDurableObject(triggers(), (_object, state) => {
      state.storage.transactionSync(() => steps(new Ledger(limitedSql(state.storage.sql))));
      return state.storage.setAlarm(Date.now() + 60_000);
    });
    await runDurableObjectAlarm(triggers());
  }

  test('after it stored a delivery, deploys it', async () => {
    const app = await appOf();
    await stoppedAfter((ledger) => ledger.receive('github:1', ownerId, event, Date.now()));
    await eventually(app, ['queued production main bb']);
    const answer = await triggers().receive({ deliveryId: 'github:1', ownerId, event });
    expect(answer).toEqual({ deployments: (await listed(app)).map(({ id }) => id) });
  });

  test('after it decided, does what it decided', async () => {
    const app = await appOf();
    let decided: unknown;
    await stoppedAfter((ledger) => {
      const now = Date.now();
      const seq = ledger.receive('github:1', ownerId, event, now);
      decided = plan(ledger, { seq, event, apps: [app], previous: new Map(), ids: idsFor(app), now });
    });
    await eventually(app, ['queued production main bb']);
    expect(decided).toEqual({ deployments: (await listed(app)).map(({ id }) => id) });
  });

  test('after it created the deployment, creates no second one', async () => {
    const app = await appOf();
    const [id = ''] = deploymentsOf(await deliver('push', pushPayload({ before: A, after: B })));
    await eventually(app, ['queued production main bb']);
    await stoppedAfter((ledger) => {
      const target = {
        branch: 'main',
        tag: null,
        commit: B,
        environment: 'production',
        fork: false,
      } as const;
      const creator = { kind: 'github', name: 'ada' } as const;
      const cause = { trigger: 'push', creator, pullRequest: null, message: null } as const;
      ledger.addWork(1, app.id, id, { kind: 'build', target, cause }, Date.now());
    });
    expect((await listed(app)).map(({ id: one }) => one)).toEqual([id]);
  });

  test('ends what an earlier event caused, even if that was created after the branch was deleted', async () => {
    const app = await appOf();
    await deliver('push', pushPayload({ branch: 'x', before: A, after: B }));
    await eventually(app, ['queued preview x bb']);
    const deleted = github.parse(pushHeaders, deletedPayload('x', B)) as RepositoryBound;
    await stoppedAfter((ledger) => {
      // The deletion arrived while the host was still asked about the push.
      const now = Date.now() - 3600_000;
      const seq = ledger.receive('github:2', ownerId, deleted, now);
      plan(ledger, { seq, event: deleted, apps: [app], previous: new Map(), ids: idsFor(app), now });
    });
    await eventually(app, ['canceled preview x bb']);
  });

  test('has nothing left to do for an app that was deleted', async () => {
    const app = await appOf();
    await stoppedAfter((ledger) => {
      const now = Date.now();
      const seq = ledger.receive('github:1', ownerId, event, now);
      const gone = { ...app, id: '0'.repeat(24) };
      plan(ledger, { seq, event, apps: [gone], previous: new Map(), ids: idsFor(gone), now });
    });
    const left = await runInDurableObject(triggers(), (_object, state) =>
      new Ledger(limitedSql(state.storage.sql)).due(Number.MAX_SAFE_INTEGER),
    );
    expect(left).toBe(null);
    expect(await lines(app)).toEqual([]);
  });

  test('forgets deliveries after a week', async () => {
    await appOf();
    const now = Date.now();
    await runInDurableObject(triggers(), (_object, state) => {
      const ledger = new Ledger(limitedSql(state.storage.sql));
      for (const [id, at] of [
        ['old', now - 8 * 24 * 3600_000],
        ['young', now],
      ] as const) {
        const pushed = { ...event, before: id === 'old' ? A : C } as RepositoryBound;
        ledger.decide(ledger.receive(id, ownerId, pushed, at), { ignored: 'x' });
      }
      ledger.forget(now);
      expect([ledger.eventOf('old'), ledger.eventOf('young')]).toEqual([null, expect.any(Number)]);
    });
  });
});
