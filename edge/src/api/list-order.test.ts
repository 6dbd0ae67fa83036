/** What people see in a list stands there in the order in which it was made, within a second too. */
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { tokenRecord } from '../metadata/testing/sample-records.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;

beforeAll(async () => {
  await forgetAll();
  owner = await founder();
});

const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git', branch: 'main' };

async function made(path: string, json: object): Promise<{ id: string; slug: string }> {
  const response = await request(path, { method: 'POST', token: owner.token, json });
  expect(response.ok, `${path} answered ${response.status}`).toBe(true);
  return response.json();
}

/** The ids of a list, page by page. */
async function listed(path: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  for (;;) {
    const response = await request(`${path}?limit=${limit}${cursor}`, { token: owner.token });
    const page = await response.json<{ items: { id: string }[]; nextCursor: string | null }>();
    ids.push(...page.items.map(({ id }) => id));
    if (page.nextCursor === null) return ids;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

test('apps, deployments, API tokens and the audit log are listed newest first, page by page', async () => {
  const apps: string[] = [];
  const deployments: string[] = [];
  const tokens: string[] = [];
  for (let i = 0; i < 8; i += 1) {
    const app = await made('/api/apps', { name: `App ${i}`, slug: `app-${i}`, source });
    apps.unshift(app.id);
    deployments.unshift((await made(`/api/apps/${app.slug}/deployments`, {})).id);
    tokens.unshift((await made('/api/tokens', { name: `token ${i}`, scopes: ['apps:read'] })).id);
  }
  expect(await listed('/api/apps', 3)).toEqual(apps);
  expect(await listed('/api/deployments', 3)).toEqual(deployments);
  expect(await listed('/api/tokens', 3)).toEqual(tokens);

  const response = await request('/api/audit?limit=100', { token: owner.token });
  const { items } = await response.json<{ items: { action: string; target: { id: string } }[] }>();
  const created = (action: string) =>
    items.filter((item) => item.action === action).map(({ target }) => target.id);
  expect(created('app.create')).toEqual(apps);
  expect(created('token.create')).toEqual(tokens);
  expect(await listed('/api/audit', 5)).toHaveLength(items.length);
});

test('deploy hooks of an app and invitations, too, whose ids sort the other way round', async () => {
  const { tokens } = metadataOf(env);
  const app = await made('/api/apps', { name: 'Hooked', slug: 'hooked', source });
  const ids = [newObjectId(), newObjectId(), newObjectId()].sort().reverse();
  for (const [index, id] of ids.entries()) {
    const createdAt = `2026-11-01T12:00:00.00${index}Z`;
    const { id: ownerId } = owner.user;
    await tokens.insert(tokenRecord({ id, ownerId, kind: 'deploy_hook', appId: app.id, createdAt }));
  }
  expect(await listed('/api/apps/hooked/deploy-hooks', 2)).toEqual(ids.toReversed());
});
