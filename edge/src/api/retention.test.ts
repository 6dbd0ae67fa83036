/** Retention and pins as the API tells of them. */
import { env } from 'cloudflare:workers';
import { App, AuditEntry, Deployment, ErrorBody, pageOf } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { uploadRecord } from '../metadata/testing/sample-records.ts';
import { givenApp, givenDeployment } from '../publish/testing/published.ts';
import { oldDeployment, storedOf } from '../retention/testing/deployments.ts';
import { objectsOf } from '../storage/index.ts';
import { uploadKey } from '../storage/keys.ts';
import { founder, memberOf } from '../testing/people.ts';
import { type Asked, forgetAll, request } from '../testing/worker.ts';

const metadata = metadataOf(env);
const NONE = { keepLast: 0, days: 0 };

let token: string;
let ownerId: string;

beforeEach(async () => {
  await forgetAll();
  const owner = await founder();
  token = owner.token;
  ownerId = owner.user.id;
});

const call = (method: string, path: string, asked: Asked = {}) => request(path, { method, token, ...asked });
async function refusal(response: Response) {
  const { code, message, hint } = ErrorBody.parse(await response.json()).error;
  return { status: response.status, code, message, hint };
}
const sweep = async (query = '') => {
  const response = await call('POST', `/api/ops/sweep${query}`, { token: env.OPERATOR_SECRET });
  expect(response.status).toBe(200);
  return response.json<{
    dryRun: boolean;
    items: { what: string; deploymentId: string }[];
    next: string | null;
  }>();
};
const deploymentOf = async (id: string) =>
  Deployment.parse(await (await call('GET', `/api/deployments/${id}`)).json());

/** An app that keeps nothing but what it must, with a release and an older success that a sweep removes. */
async function swept(): Promise<{ app: AppRecord; gone: DeploymentRecord; release: DeploymentRecord }> {
  const app = await givenApp({ ownerId, retention: { artifacts: NONE, logs: NONE } });
  const gone = await oldDeployment(app);
  await oldDeployment(app);
  const release = await givenDeployment(app, { 'b.bin': '678' });
  await sweep();
  return { app, gone, release };
}

describe('an app’s retention', () => {
  const upload = { provider: 'upload' };
  const defaults = { artifacts: { keepLast: 10, days: 30 }, logs: { keepLast: 50, days: 90 } };
  const create = (json: object) =>
    call('POST', '/api/apps', { json: { name: 'Kept', source: upload, ...json } });

  test("is the instance's default, which is shown, until it is set", async () => {
    const made = App.parse(await (await create({})).json());
    expect(made).toMatchObject({
      retention: { artifacts: null, logs: null },
      retentionDefaults: defaults,
    });
    const artifacts = { keepLast: 3, days: 0 };
    const json = { retention: { artifacts } };
    const changed = App.parse(await (await call('PATCH', '/api/apps/kept', { json })).json());
    expect(changed).toEqual({ ...made, retention: { artifacts, logs: null } });
    const renamed = App.parse(
      await (await call('PATCH', '/api/apps/kept', { json: { name: 'New' } })).json(),
    );
    expect(renamed.retention).toEqual({ artifacts, logs: null });
  });

  test('can be set with the app', async () => {
    const logs = { keepLast: 1000, days: 3650 };
    const made = App.parse(await (await create({ retention: { logs } })).json());
    expect(made.retention).toEqual({ artifacts: null, logs });
  });

  test.each([
    ['a negative number', { artifacts: { keepLast: -1, days: 1 } }],
    ['half a day', { artifacts: { keepLast: 1, days: 0.5 } }],
    ['too many', { logs: { keepLast: 1001, days: 1 } }],
    ['more than ten years', { logs: { keepLast: 1, days: 3651 } }],
    ['half a rule', { logs: { days: 1 } }],
    ['an unknown part', { sources: { keepLast: 1, days: 1 } }],
    ['an operator of a database', { artifacts: { keepLast: { $gt: 0 }, days: 1 } }],
    ['nothing', null],
  ])('with %s is refused', async (_, retention) => {
    expect(await refusal(await create({ retention }))).toMatchObject({ status: 400, code: 'bad_request' });
  });
});

describe('a pin', () => {
  test('keeps a deployment from the sweep until it is taken away', async () => {
    const app = await givenApp({ ownerId, retention: { artifacts: NONE, logs: NONE } });
    const record = await oldDeployment(app);
    const pinned = await call('POST', `/api/deployments/${record.id}/pin`);
    expect(Deployment.parse(await pinned.json()).pinned).toBe(true);
    expect((await sweep()).items).toEqual([]);
    expect((await deploymentOf(record.id)).pinned).toBe(true);

    const unpinned = await call('DELETE', `/api/deployments/${record.id}/pin`);
    expect(Deployment.parse(await unpinned.json()).pinned).toBe(false);
    expect((await sweep()).items).toHaveLength(2);
  });

  test('is in lists, and outlives what its deployment still tells', async () => {
    const app = await givenApp({ ownerId });
    const record = await oldDeployment(app);
    await call('POST', `/api/deployments/${record.id}/pin`);
    await metadata.deployments.project({ ...record, logKey: 'later' }, 2);
    const list = await call('GET', `/api/apps/${app.slug}/deployments`);
    expect(pageOf(Deployment).parse(await list.json()).items).toMatchObject([
      { id: record.id, pinned: true },
    ]);
  });

  test('is audited once, however often it is repeated', async () => {
    const record = await oldDeployment(await givenApp({ ownerId }));
    const path = `/api/deployments/${record.id}/pin`;
    for (const method of ['POST', 'POST', 'DELETE', 'DELETE'])
      expect((await call(method, path)).status).toBe(200);
    const log = pageOf(AuditEntry).parse(await (await call('GET', '/api/audit')).json());
    const actions = log.items
      .map(({ action }) => action)
      .filter((action) => action.startsWith('deployment.'));
    expect(actions).toEqual(['deployment.unpin', 'deployment.pin']);
  });

  test('comes too late for what was removed, which is said', async () => {
    const { gone } = await swept();
    expect(await refusal(await call('POST', `/api/deployments/${gone.id}/pin`))).toMatchObject({
      status: 410,
      code: 'artifacts_removed',
    });
    expect((await call('DELETE', `/api/deployments/${gone.id}/pin`)).status).toBe(200);
  });

  test('is for members who may release, in their own team', async () => {
    const record = await oldDeployment(await givenApp({ ownerId }));
    const path = `/api/deployments/${record.id}/pin`;
    const as = async (role: 'developer' | 'viewer') => (await memberOf(ownerId, role)).token;
    expect((await call('POST', path, { token: await as('viewer') })).status).toBe(403);
    expect((await call('POST', path, { token: await as('developer') })).status).toBe(200);
    expect((await call('POST', path, { token: (await founder()).token })).status).toBe(404);
    expect((await call('POST', `/api/deployments/${newObjectId()}/pin`)).status).toBe(404);
  });
});

describe('what was removed', () => {
  const removed = { status: 410, code: 'artifacts_removed', hint: expect.stringContaining('Redeploy') };

  test('is still told of, with the day on which it went', async () => {
    const { gone } = await swept();
    const told = await deploymentOf(gone.id);
    expect(told).toMatchObject({
      artifacts: [{ name: 'a.bin', size: 5 }],
      artifactUrl: null,
      artifactsRemovedAt: expect.any(String),
      logRemovedAt: expect.any(String),
    });
    const path = `/api/deployments/${gone.id}/artifacts`;
    const refused = await refusal(await call('GET', path));
    expect(refused).toMatchObject(removed);
    expect(refused.message).toContain(told.artifactsRemovedAt?.slice(0, 10));
  });

  test("can't be downloaded: a program gets an error, a person a link to another version", async () => {
    const { app, gone } = await swept();
    const path = `/dl/${gone.id}/a.bin`;
    expect(await refusal(await request(path))).toMatchObject(removed);
    const page = await request(path, { headers: { Accept: 'text/html' } });
    expect([page.status, page.headers.get('Cache-Control')]).toEqual([410, 'no-store']);
    expect(await page.text()).toContain(`href="/a/${app.slug}"`);
    expect((await request(`/dl/${gone.id}/other.bin`)).status).toBe(404);
  });

  test('is not among the earlier versions of the page, which offers the others', async () => {
    const { app, gone, release } = await swept();
    const page = await request(`/a/${app.slug}`);
    expect(page.status).toBe(200);
    const text = await page.text();
    expect(text).toContain(`/dl/${release.id}/b.bin`);
    expect(text).not.toContain(gone.id);
  });

  test('breaks no page, even if somebody released it by other ways', async () => {
    const { app, gone } = await swept();
    await metadata.apps.update(app.id, { release: gone.id });
    const page = await request(`/a/${app.slug}`);
    expect(page.status).toBe(200);
    expect(await page.text()).not.toContain('/dl/');
  });

  test.each(['logs', 'logs.ndjson', 'logs/outline', 'logs/live'])('of a log, /%s says', async (path) => {
    const { gone } = await swept();
    const headers = path.endsWith('live') ? { Upgrade: 'websocket' } : {};
    const response = await call('GET', `/api/deployments/${gone.id}/${path}`, { headers });
    expect(await refusal(response)).toMatchObject({ status: 410, code: 'log_removed' });
  });

  test('is not released', async () => {
    const { app, gone, release } = await swept();
    const json = { deploymentId: gone.id };
    const refused = await refusal(await call('POST', `/api/apps/${app.slug}/release`, { json }));
    expect(refused).toMatchObject({ status: 409, code: 'nothing_to_release', hint: expect.any(String) });
    expect((await metadata.apps.byId(app.id))?.release).toBe(release.id);
  });
});

describe('a source upload that is gone', () => {
  async function deployedFromUpload() {
    const app = await givenApp({ ownerId, source: { provider: 'upload', rootDirectory: './' } });
    const record = uploadRecord({ ownerId, completed: true });
    const upload = { ...record, key: uploadKey(record.id) };
    await metadata.uploads.insert(upload);
    await objectsOf(env).put(upload.key, 'zip', 'application/zip');
    const deploy = () => call('POST', `/api/apps/${app.slug}/deployments`, { json: { uploadId: upload.id } });
    const { id } = Deployment.parse(await (await deploy()).json());
    return { upload, deploy, id };
  }

  test('was noted as used when it was deployed, and again when it is redeployed', async () => {
    const { upload, id } = await deployedFromUpload();
    const usedAt = async () => Date.parse((await metadata.uploads.byId(upload.id))?.usedAt ?? '');
    expect(Date.now() - (await usedAt())).toBeLessThan(60_000);
    expect(await metadata.deployments.byId(id)).toMatchObject({ uploadId: upload.id });
    await metadata.uploads.touch(upload.id, '2026-01-01T00:00:00.000Z');
    expect((await call('POST', `/api/deployments/${id}/redeploy`, { json: {} })).status).toBe(202);
    expect(Date.now() - (await usedAt())).toBeLessThan(60_000);
  });

  test.each(['given up', 'removed'])(
    'that was %s cannot be redeployed, which is said with advice',
    async (how) => {
      const { upload, id } = await deployedFromUpload();
      if (how === 'removed') await metadata.uploads.delete([upload.id]);
      else await metadata.uploads.giveUp(upload.id, '2100-01-01T00:00:00.000Z');
      expect(
        await refusal(await call('POST', `/api/deployments/${id}/redeploy`, { json: {} })),
      ).toMatchObject({
        status: 409,
        code: 'source_removed',
        hint: expect.stringContaining('Upload the source again'),
      });
    },
  );
});

describe('the operator’s sweep', () => {
  test('in a dry run says what would go, and then has it go', async () => {
    const record = await oldDeployment(
      await givenApp({ ownerId, retention: { artifacts: NONE, logs: NONE } }),
    );
    const told = await sweep('?dryRun=true');
    expect(told).toMatchObject({ dryRun: true, next: null });
    expect(told.items.map(({ what }) => what)).toEqual(['artifacts', 'log']);
    expect(await storedOf(record)).toHaveLength(2);
    expect(await sweep()).toEqual({ ...told, dryRun: false });
    expect(await storedOf(record)).toEqual([]);
  });

  test('begins at the start, or at the position that is given', async () => {
    const record = await oldDeployment(
      await givenApp({ ownerId, retention: { artifacts: NONE, logs: NONE } }),
    );
    expect((await sweep(`?dryRun=true&after=apps.${record.appId}`)).items).toEqual([]);
    expect((await sweep('?dryRun=true&after=uploads.')).items).toEqual([]);
    expect((await sweep('?dryRun=true&after=apps.')).items).toHaveLength(2);
  });

  test.each(['?dryRun=yes', '?after=apps', '?after=runners.', "?after=apps.'%20OR%201=1", '?dry=true'])(
    'with %s is refused, and nothing goes',
    async (query) => {
      const record = await oldDeployment(
        await givenApp({ ownerId, retention: { artifacts: NONE, logs: NONE } }),
      );
      const response = await call('POST', `/api/ops/sweep${query}`, { token: env.OPERATOR_SECRET });
      expect(await refusal(response)).toMatchObject({ status: 400, code: 'bad_request' });
      expect(await storedOf(record)).toHaveLength(2);
    },
  );

  test('is not for owners of teams: it goes through the apps of all', async () => {
    expect((await call('POST', '/api/ops/sweep?dryRun=true')).status).toBe(401);
  });
});
