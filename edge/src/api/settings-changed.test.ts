/** Two people who change the settings of one app at the same time. */
import { env } from 'cloudflare:workers';
import { App, ErrorBody } from '@appflux/protocol';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { givenApp } from '../publish/testing/published.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;
let app: AppRecord;

beforeAll(async () => {
  await forgetAll();
  owner = await founder();
});
beforeEach(async () => {
  app = await givenApp({ ownerId: owner.user.id });
});

const patch = (json: unknown) =>
  request(`/api/apps/${app.slug}`, { method: 'PATCH', token: owner.token, json });
const refusal = async (response: Response) => ErrorBody.parse(await response.json()).error;
const stored = () => metadataOf(env).apps.byId(app.id);
const build = (change: object) => ({ ...app.build, ...change });

describe('a change that says which settings its author saw', () => {
  test('is made if they are still the same', async () => {
    const response = await patch({ name: 'Mine', from: { name: app.name, build: app.build } });
    expect(response.status).toBe(200);
    expect(App.parse(await response.json()).name).toBe('Mine');
  });

  test('is refused if one of them has another value, which it names; nothing is changed', async () => {
    await patch({ name: 'Theirs', build: build({ buildCommand: 'make', node: '22' }) });
    const response = await patch({
      build: build({ node: '24' }),
      budgets: [{ what: 'total', limit: 1 }],
      from: { build: app.build, budgets: [] },
    });
    expect(response.status).toBe(409);
    expect(await refusal(response)).toMatchObject({
      code: 'settings_changed',
      message: `Someone else has changed build.buildCommand, build.node of ${app.slug} meanwhile`,
      issues: [
        { path: 'build.buildCommand', message: 'It is "make" now' },
        { path: 'build.node', message: 'It is "22" now' },
      ],
    });
    expect(await stored()).toMatchObject({ name: 'Theirs', build: { node: '22' }, budgets: [] });
  });

  test('is made if others have changed something else', async () => {
    await patch({ name: 'Theirs' });
    const response = await patch({ build: build({ node: '24' }), from: { build: app.build } });
    expect(response.status).toBe(200);
    expect(await stored()).toMatchObject({ name: 'Theirs', build: { node: '24' } });
  });

  test('compares only the rules and environments that it names, in any order', async () => {
    await patch({ access: { previews: 'team' }, triggers: { push: false } });
    const seen = { access: { production: 'public' }, triggers: { tags: null } };
    expect((await patch({ autoRelease: false, from: seen })).status).toBe(200);
    const { previews, production } = (await stored())?.access ?? {};
    expect((await patch({ autoRelease: true, from: { access: { previews, production } } })).status).toBe(200);
    const outdated = await patch({ autoRelease: false, from: { access: { previews: 'public' } } });
    expect((await refusal(outdated)).issues).toEqual([
      { path: 'access.previews', message: 'It is "team" now' },
    ]);
  });

  test('takes an app of an earlier version, whose stored settings have fewer members', async () => {
    const { node: _, supersede: __, ...older } = app.build;
    await metadataOf(env).apps.update(app.id, { build: older as typeof app.build });
    expect((await patch({ name: 'Mine', from: { build: app.build } })).status).toBe(200);
  });

  test('of many at the same moment exactly one is made', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => patch({ name: `Name ${n}`, from: { name: app.name } })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 7 }, () => 409)]);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect((await stored())?.name).toBe(`Name ${winner}`);
  });

  test('may name nothing that is no setting', async () => {
    expect((await patch({ name: 'Mine', from: { slug: app.slug } })).status).toBe(400);
    expect((await patch({ name: 'Mine', from: { password: 'a long password' } })).status).toBe(400);
  });
});

test('a change that says nothing about it is always made', async () => {
  await patch({ name: 'Theirs' });
  expect((await patch({ name: 'Mine' })).status).toBe(200);
  expect(await stored()).toMatchObject({ name: 'Mine' });
});

test('size budgets are settings: they are set, shown, replaced and removed', async () => {
  const response = await patch({ budgets: [{ what: 'js', limit: 200_000, compression: 'gzip' }] });
  const budgets = [{ what: 'js', limit: 200_000, compression: 'gzip', on: 'warn' }];
  expect(App.parse(await response.json()).budgets).toEqual(budgets);
  expect(await stored()).toMatchObject({ budgets });
  const refused = await patch({ budgets: [{ what: 'files', limit: 1 }] });
  expect(await refusal(refused)).toMatchObject({
    code: 'bad_request',
    issues: [{ path: 'budgets.0.pattern' }],
  });
  await patch({ budgets: [] });
  expect((await stored())?.budgets).toEqual([]);
});
