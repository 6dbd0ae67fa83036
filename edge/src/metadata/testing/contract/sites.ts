import { expect, test } from 'vitest';
import type { AppRecord, ChangeableOfApp, DeploymentRecord } from '../../metadata.ts';
import { newObjectId } from '../../object-id.ts';
import { siteAppOf } from '../../sites.ts';
import type { CreateBackend } from '../contract.ts';
import { anyHash, appRecord, deploymentRecord } from '../sample-records.ts';

const SITE = { kind: 'static', files: 3, bytes: 30, newFiles: 1, newBytes: 10 } as const;
const AT = '2026-11-02T10:00:00.000Z';

const zip = (meta: DeploymentRecord['artifacts'][number]['meta']) => ({
  name: 'site.zip',
  size: 5,
  sha256: anyHash(),
  contentType: 'application/zip',
  meta,
  key: 'k',
});

export function siteContract(create: CreateBackend): void {
  async function withApp(members: Partial<AppRecord> = {}) {
    const { apps, deployments, sites } = await create();
    const app = appRecord(members);
    await apps.insert(app);
    const success = async (more: Partial<DeploymentRecord> = {}) => {
      const record = deploymentRecord(app, { status: 'success', ...more });
      await deployments.project(record, 1);
      return record;
    };
    return { apps, deployments, sites, app, success };
  }

  const aliasOf = (record: DeploymentRecord, label = 'main--app') => ({
    label,
    appId: record.appId,
    branch: 'main',
    deploymentId: record.id,
    createdAt: record.createdAt,
  });

  test('what an app says about its sites is kept, and found by its slug', async () => {
    const { sites, app } = await withApp({
      release: newObjectId(),
      previousRelease: newObjectId(),
      releasedAt: AT,
      releaseLocked: true,
      autoRelease: false,
      access: { production: 'team', previews: 'password' },
      passwordHash: '$scrypt$x',
      spaFallback: false,
      rewriteHosts: ['api.example.com'],
    });
    expect(await sites.bySlug(app.slug)).toEqual(siteAppOf(app));
    expect(await sites.bySlug('nobody')).toBeNull();
  });

  test('each of these settings is changed by itself', async () => {
    const { apps, app } = await withApp();
    const changes: Partial<Pick<AppRecord, ChangeableOfApp>>[] = [
      { releaseLocked: true },
      { autoRelease: false },
      { access: { production: 'password', previews: 'team' } },
      { passwordHash: 'hash' },
      { spaFallback: true },
      { spaFallback: null },
      { rewriteHosts: ['a.example', 'b.example'] },
      { server: { allowHosts: ['api.example.com'] }, serverRevision: 'one' },
      { server: { allowHosts: null } },
      { releasedAt: AT, previousRelease: newObjectId() },
    ];
    let expected: AppRecord = app;
    for (const change of changes) {
      expected = { ...expected, ...change };
      expect(await apps.update(app.id, change)).toEqual(expected);
    }
    expect(await apps.byId(app.id)).toEqual(expected);
  });

  test('a deployment is found with its app', async () => {
    const { sites, deployments, app, success } = await withApp();
    const preview = await success({ environment: 'preview' });
    const failed = deploymentRecord(app, { status: 'failed' });
    await deployments.project(failed, 1);
    expect(await sites.byDeployment(preview.id)).toEqual({
      app: siteAppOf(app),
      deployment: {
        id: preview.id,
        status: 'success',
        environment: 'preview',
        promotedAt: null,
        artifactsRemovedAt: null,
        isUntrusted: false,
      },
    });
    expect((await sites.byDeployment(failed.id))?.deployment.status).toBe('failed');
    expect(await sites.byDeployment(newObjectId())).toBeNull();
  });

  test('the code of a fork is known as such, whether or not a pull request says so', async () => {
    const { sites, success } = await withApp();
    const pullRequest = { number: 1, title: 'One', url: 'https://git.example/1', fork: true };
    const records = [
      await success({ environment: 'preview', isUntrusted: true }),
      await success({ environment: 'preview', pullRequest }),
      await success({ environment: 'preview', pullRequest: { ...pullRequest, fork: false } }),
    ];
    const found = await Promise.all(records.map(({ id }) => sites.byDeployment(id)));
    expect(found.map((site) => site?.deployment.isUntrusted)).toEqual([true, true, false]);
  });

  test('what servers are loaded with has another revision after each change of a variable', async () => {
    const { apps, sites, app } = await withApp();
    const revision = async () => (await sites.bySlug(app.slug))?.serverRevision;
    const variable = { sealed: 'x', environments: ['production' as const] };
    const seen = [await revision()];
    await apps.setVariable(app.id, 'A', variable);
    seen.push(await revision());
    await apps.setVariable(app.id, 'A', variable);
    seen.push(await revision());
    expect(await apps.deleteVariable(app.id, 'A')).toBe(true);
    seen.push(await revision());
    expect(new Set(seen).size).toBe(4);
    expect(seen[0]).toBeNull();
    // Nothing was deleted, and a value sealed with another key is the same value.
    expect(await apps.deleteVariable(app.id, 'A')).toBe(false);
    await apps.update(app.id, { name: 'Other' });
    expect(await revision()).toBe(seen[3]);
  });

  test('a promoted preview is marked, however often its object reports it again', async () => {
    const { sites, deployments, success } = await withApp();
    const preview = await success({ environment: 'preview' });
    expect(await deployments.markPromoted(preview.id, AT)).toBe(true);
    expect(await deployments.markPromoted(newObjectId(), AT)).toBe(false);
    await deployments.project({ ...preview, logKey: 'log' }, 2);
    expect((await sites.byDeployment(preview.id))?.deployment.promotedAt).toBe(AT);
    expect((await deployments.byId(preview.id))?.promotedAt).toBe(AT);
    const { items } = await deployments.withContent(preview.appId, { limit: 10 });
    expect(items[0]?.promotedAt).toBe(AT);
  });

  test('a branch’s label moves to newer deployments and never back', async () => {
    const { sites, success } = await withApp();
    const [older, newer] = [await success(), await success()];
    const target = async () => (await sites.byLabel('main--app'))?.deployment.id;
    expect(await target()).toBeUndefined();
    await sites.point(aliasOf(older));
    expect(await target()).toBe(older.id);
    await sites.point(aliasOf(newer));
    await sites.point(aliasOf(older));
    await sites.point(aliasOf(newer));
    expect(await target()).toBe(newer.id);
  });

  test('a label is taken away from its app, unless its deployment is newer', async () => {
    const { sites, app, success } = await withApp();
    const record = await success();
    const alias = aliasOf(record);
    await sites.point(alias);
    const { label } = alias;
    const before = new Date(Date.parse(record.createdAt) - 1).toISOString();
    const taken = (of: Partial<Parameters<typeof sites.unpoint>[0]>) =>
      sites.unpoint({ label, appId: app.id, createdBefore: record.createdAt, ...of });
    expect(await taken({ createdBefore: before })).toBe(false);
    expect(await taken({ appId: appRecord().id })).toBe(false);
    expect(await taken({ label: 'other--app' })).toBe(false);
    expect((await sites.byLabel(label))?.deployment.id).toBe(record.id);
    expect(await taken({})).toBe(true);
    expect(await sites.byLabel(label)).toBeNull();
    await sites.point(alias);
    expect((await sites.byLabel(label))?.deployment.id).toBe(record.id);
  });

  test('many that come at the same time leave the newest', async () => {
    const { sites, success } = await withApp();
    const records = [];
    for (let n = 0; n < 5; n += 1) records.push(await success());
    await Promise.all(records.toReversed().map((record) => sites.point(aliasOf(record))));
    expect((await sites.byLabel('main--app'))?.deployment.id).toBe(records.at(-1)?.id);
  });

  test('the label of an app that is gone is free for another one, and nothing is kept for it', async () => {
    const { apps, sites, deployments, app, success } = await withApp();
    const record = await success();
    await sites.point(aliasOf(record));
    await apps.delete(app.id);
    expect(await sites.byLabel('main--app')).toBeNull();
    await sites.point(aliasOf(record));
    expect(await sites.byLabel('main--app')).toBeNull();
    const other = appRecord();
    await apps.insert(other);
    const older = deploymentRecord(other, { status: 'success', createdAt: '2020-01-01T00:00:00.000Z' });
    await deployments.project(older, 1);
    await sites.point(aliasOf(older));
    expect((await sites.byLabel('main--app'))?.app.id).toBe(other.id);
  });

  test('the label of a deployment whose record is removed leads nowhere', async () => {
    const { sites, deployments, success } = await withApp();
    const record = await success();
    await sites.point(aliasOf(record));
    await deployments.delete([record.id]);
    expect(await sites.byLabel('main--app')).toBeNull();
  });

  test('which deployments are sites: what says so, and a ZIP with an index.html', async () => {
    const { sites, deployments, app, success } = await withApp();
    const published = await success({ site: SITE });
    const earlier = await success({ artifacts: [zip({ entry: 'index.html' })] });
    const files = await success({ artifacts: [zip({ files: 3 })] });
    const removed = await success({ site: SITE });
    await deployments.markRemoved([removed.id], 'artifacts', AT);
    const failed = deploymentRecord(app, { status: 'failed', site: SITE });
    await deployments.project(failed, 1);
    expect((await deployments.byId(published.id))?.site).toEqual(SITE);
    const ids = [published, earlier, files, removed, failed].map(({ id }) => id);
    expect((await sites.published(ids)).sort()).toEqual([published.id, earlier.id].sort());
    expect(await sites.published([])).toEqual([]);
  });
}
