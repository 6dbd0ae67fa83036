import { expect, test } from 'vitest';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { anyHash, appRecord, tokenRecord } from '../sample-records.ts';

const NOW = '2026-11-10T12:00:00.000Z';
const BEFORE = '2026-11-10T11:59:59.999Z';
const AFTER = '2026-11-10T12:00:00.001Z';

export function tokenContract(create: CreateBackend): void {
  test('a token is found by its kind and hash, as it was put in', async () => {
    const { tokens } = await create();
    const token = tokenRecord({ expiresAt: AFTER });
    await tokens.insert(token);
    expect(await tokens.byHash('api', token.hash, NOW)).toEqual(token);
    const invitation = tokenRecord({ kind: 'invitation', role: 'viewer', createdBy: crypto.randomUUID() });
    await tokens.insert(invitation);
    expect(await tokens.byHash('invitation', invitation.hash, NOW)).toEqual(invitation);
    expect(await tokens.byHash('registration', token.hash, NOW)).toBeNull();
    expect(await tokens.byHash('api', anyHash(), NOW)).toBeNull();
  });

  test('a token is found by its id by its owner only, as the kind that it is', async () => {
    const { tokens } = await create();
    const token = tokenRecord();
    await tokens.insert(token);
    expect(await tokens.byId(token.ownerId, 'api', token.id)).toEqual(token);
    expect(await tokens.byId(crypto.randomUUID(), 'api', token.id)).toBeNull();
    expect(await tokens.byId(token.ownerId, 'sign_in', token.id)).toBeNull();
    expect(await tokens.byId(token.ownerId, 'api', tokenRecord().id)).toBeNull();
  });

  test.each([
    ['has not run out a moment before its time', AFTER, true],
    ['has expired at its time', NOW, false],
    ['has expired after its time', BEFORE, false],
    ['never runs out without a time', null, true],
  ])('a token %s', async (_title, expiresAt, good) => {
    const { tokens } = await create();
    const token = tokenRecord({ expiresAt, kind: 'sign_in' });
    await tokens.insert(token);
    expect((await tokens.byHash('sign_in', token.hash, NOW)) !== null).toBe(good);
    expect((await tokens.take('sign_in', token.hash, NOW)) !== null).toBe(good);
  });

  test('of many who take a one-time token at the same time one gets it', async () => {
    const { tokens } = await create();
    const token = tokenRecord({ kind: 'sign_in' });
    await tokens.insert(token);
    const taken = await Promise.all(Array.from({ length: 5 }, () => tokens.take('sign_in', token.hash, NOW)));
    expect(taken.filter((record) => record !== null)).toEqual([token]);
    expect(await tokens.byHash('sign_in', token.hash, NOW)).toBeNull();
  });

  test('tokens are counted by owner and kind, or by app', async () => {
    const { tokens } = await create();
    const ownerId = crypto.randomUUID();
    const hook = tokenRecord({ ownerId, kind: 'deploy_hook', appId: newObjectId() });
    const other = tokenRecord({ ownerId, kind: 'deploy_hook', appId: newObjectId() });
    for (const token of [hook, other, tokenRecord({ ownerId }), tokenRecord()]) await tokens.insert(token);
    expect(await tokens.count(ownerId, 'deploy_hook')).toBe(2);
    expect(await tokens.count(ownerId, 'deploy_hook', { appId: hook.appId ?? '' })).toBe(1);
    expect(await tokens.count(ownerId, 'api')).toBe(1);
    expect(await tokens.count(ownerId, 'invitation')).toBe(0);
  });

  test('taking a token as another kind leaves it there', async () => {
    const { tokens } = await create();
    const token = tokenRecord({ kind: 'api' });
    await tokens.insert(token);
    expect(await tokens.take('registration', token.hash, NOW)).toBeNull();
    expect(await tokens.byHash('api', token.hash, NOW)).toEqual(token);
  });

  test('a token whose hash is known already is left as it is', async () => {
    const { tokens } = await create();
    const token = tokenRecord();
    await tokens.insert(token);
    await tokens.insert(tokenRecord({ hash: token.hash, scopes: ['admin'] }));
    expect(await tokens.byHash('api', token.hash, NOW)).toEqual(token);
  });

  test('touching writes down when a token was last used', async () => {
    const { tokens } = await create();
    const token = tokenRecord();
    await tokens.insert(token);
    await tokens.touch(token.id, NOW);
    expect(await tokens.byHash('api', token.hash, NOW)).toEqual({ ...token, lastUsedAt: NOW });
  });

  test('only the owner deletes a token, and only as the kind that it is', async () => {
    const { tokens } = await create();
    const token = tokenRecord();
    await tokens.insert(token);
    expect(await tokens.delete(crypto.randomUUID(), 'api', token.id)).toBe(false);
    expect(await tokens.delete(token.ownerId, 'sign_in', token.id)).toBe(false);
    expect(await tokens.delete(token.ownerId, 'api', token.id)).toBe(true);
    expect(await tokens.delete(token.ownerId, 'api', token.id)).toBe(false);
    expect(await tokens.byHash('api', token.hash, NOW)).toBeNull();
  });

  test("a kind is deleted for one owner, and other kinds' and owners' tokens stay", async () => {
    const { tokens } = await create();
    const link = tokenRecord({ kind: 'sign_in' });
    const api = tokenRecord({ ownerId: link.ownerId });
    const theirs = tokenRecord({ kind: 'sign_in' });
    for (const token of [link, api, theirs]) await tokens.insert(token);
    await tokens.deleteKind(link.ownerId, 'sign_in');
    expect(await tokens.byHash('sign_in', link.hash, NOW)).toBeNull();
    expect(await tokens.byHash('api', api.hash, NOW)).toEqual(api);
    expect(await tokens.byHash('sign_in', theirs.hash, NOW)).toEqual(theirs);
  });

  test('a list is narrowed to one app, or to what one user made', async () => {
    const { tokens } = await create();
    const ownerId = crypto.randomUUID();
    const hook = tokenRecord({ ownerId, kind: 'deploy_hook', appId: appRecord().id });
    const mine = tokenRecord({ ownerId, createdBy: crypto.randomUUID() });
    const others = [
      tokenRecord({ ownerId, kind: 'deploy_hook', appId: appRecord().id }),
      tokenRecord({ ownerId, createdBy: crypto.randomUUID() }),
      tokenRecord({ createdBy: mine.createdBy }),
      tokenRecord({ ownerId }),
    ];
    for (const token of [hook, mine, ...others]) await tokens.insert(token);
    const page = { limit: 10 };
    expect((await tokens.list(ownerId, 'deploy_hook', page, { appId: hook.appId ?? '' })).items).toEqual([
      hook,
    ]);
    expect((await tokens.list(ownerId, 'api', page, { createdBy: mine.createdBy ?? '' })).items).toEqual([
      mine,
    ]);
    expect((await tokens.list(ownerId, 'api', page)).items).toHaveLength(3);
  });

  test('what a user made for an owner is removed, of every kind, and nothing else', async () => {
    const { tokens } = await create();
    const [ownerId, createdBy] = [crypto.randomUUID(), crypto.randomUUID()];
    const made = [
      tokenRecord({ ownerId, createdBy }),
      tokenRecord({ ownerId, createdBy, kind: 'invitation' }),
    ];
    const others = [tokenRecord({ ownerId }), tokenRecord({ createdBy })];
    for (const token of [...made, ...others]) await tokens.insert(token);
    await tokens.deleteMadeBy(ownerId, createdBy);
    const left = await Promise.all(
      [...made, ...others].map(({ kind, hash }) => tokens.byHash(kind, hash, NOW)),
    );
    expect(left).toEqual([null, null, ...others]);
  });

  test("an app's deploy hooks go with it", async () => {
    const { apps, tokens } = await create();
    const app = appRecord();
    await apps.insert(app);
    const hook = tokenRecord({ kind: 'deploy_hook', ownerId: app.ownerId, appId: app.id });
    const another = tokenRecord({ kind: 'deploy_hook', ownerId: app.ownerId, appId: appRecord().id });
    await tokens.insert(hook);
    await tokens.insert(another);
    expect(await apps.delete(app.id)).toBe(true);
    expect(await tokens.byHash('deploy_hook', hook.hash, NOW)).toBeNull();
    expect(await tokens.byHash('deploy_hook', another.hash, NOW)).toEqual(another);
  });
}
