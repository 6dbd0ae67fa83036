import { expect, test } from 'vitest';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord, byId, deploymentRecord, kept } from '../sample-records.ts';

const PAGE = { limit: 30 };

export function appContract(create: CreateBackend): void {
  test('an app comes back as it was put in, by id and by slug', async () => {
    const { apps } = await create();
    const app = appRecord({
      name: 'Ünïcode “App” \u{1F680}',
      type: 'android',
      envVars: { API_URL: { sealed: 'v1.x', environments: ['production', 'preview'] } },
      release: newObjectId(),
    });
    await apps.insert(app);
    expect(await apps.byId(app.id)).toEqual(app);
    expect(await apps.bySlug(app.slug)).toEqual(app);
    expect(await apps.list(app.ownerId, PAGE)).toEqual({ items: [app], nextCursor: null });
  });

  test('an app that is not there is null, and changing or deleting it says so', async () => {
    const { apps } = await create();
    const id = newObjectId();
    expect(await apps.byId(id)).toBeNull();
    expect(await apps.bySlug('nobody')).toBeNull();
    expect(await apps.update(id, { name: 'x' })).toBeNull();
    expect(await apps.update(id, {})).toBeNull();
    expect(await apps.delete(id)).toBe(false);
    expect(await apps.deleteVariable(id, 'NAME')).toBe(false);
    await expect(apps.nextBuildNumber(id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a slug that another app has is refused, and the other app stays as it was', async () => {
    const { apps } = await create();
    const first = appRecord({ slug: 'mine' });
    await apps.insert(first);
    await expect(apps.insert(appRecord({ slug: 'mine' }))).rejects.toMatchObject({ code: 'slug_taken' });
    expect(await apps.bySlug('mine')).toEqual(first);
  });

  test('of two apps with one slug at the same time exactly one is kept', async () => {
    const { apps } = await create();
    const outcomes = await Promise.allSettled(
      [0, 1, 2].map(() => apps.insert(appRecord({ slug: 'contested' }))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('a change touches the members that it names and no others', async () => {
    const { apps } = await create();
    const app = appRecord({ type: 'web', release: newObjectId() });
    const other = appRecord();
    await apps.insert(app);
    await apps.insert(other);
    const renamed = await apps.update(app.id, { name: 'Renamed' });
    expect(renamed).toEqual({ ...app, name: 'Renamed' });
    const source = { provider: 'upload', rootDirectory: 'app' } as const;
    const build = { ...app.build, outputs: ['dist/**'], timeoutSeconds: 60 };
    const changed = await apps.update(app.id, { type: null, release: null, source, build });
    expect(changed).toEqual({ ...app, name: 'Renamed', type: null, release: null, source, build });
    expect(await apps.byId(app.id)).toEqual(changed);
    expect(await apps.byId(other.id)).toEqual(other);
  });

  test('a change can depend on the revision of the settings, and of several only one is made', async () => {
    const { apps } = await create();
    const app = appRecord();
    await apps.insert(app);
    const budgets = [{ what: 'js', limit: 9, compression: 'gzip', on: 'fail' } as const];
    const changed = await apps.update(app.id, { budgets, settingsRevision: 'one' }, null);
    expect(changed).toEqual({ ...app, budgets, settingsRevision: 'one' });
    expect(await apps.update(app.id, { name: 'Late', settingsRevision: 'two' }, null)).toBeNull();
    expect(await apps.update(app.id, {}, null)).toBeNull();
    expect(await apps.byId(app.id)).toEqual(changed);
    const outcomes = await Promise.all(
      ['a', 'b', 'c'].map((name) => apps.update(app.id, { name, settingsRevision: name }, 'one')),
    );
    const made = outcomes.filter((outcome) => outcome !== null);
    expect(made).toHaveLength(1);
    expect(await apps.byId(app.id)).toEqual(made[0]);
    expect(await apps.update(app.id, { name: 'Always' })).toMatchObject({ name: 'Always' });
  });

  test('variables are set, replaced and deleted one by one', async () => {
    const { apps } = await create();
    const app = appRecord();
    await apps.insert(app);
    const inProduction = { sealed: 'v1.a', environments: ['production' as const] };
    await apps.setVariable(app.id, 'A', { sealed: 'old', environments: ['preview'] });
    await apps.setVariable(app.id, 'A', inProduction);
    await apps.setVariable(app.id, 'B', inProduction);
    expect((await apps.byId(app.id))?.envVars).toEqual({ A: inProduction, B: inProduction });
    expect(await apps.deleteVariable(app.id, 'A')).toBe(true);
    expect(await apps.deleteVariable(app.id, 'A')).toBe(false);
    expect((await apps.byId(app.id))?.envVars).toEqual({ B: inProduction });
  });

  test('a variable is changed without its value, and only if there is one', async () => {
    const { apps } = await create();
    const app = appRecord();
    await apps.insert(app);
    const updatedAt = '2026-11-10T12:00:00.000Z';
    expect(await apps.changeVariable(app.id, 'A', { sensitive: true, updatedAt })).toBe(false);
    expect((await apps.byId(app.id))?.envVars).toEqual({});
    await apps.setVariable(app.id, 'A', { sealed: 'a', environments: ['preview'], sensitive: false });
    await apps.setVariable(app.id, 'B', { sealed: 'b', environments: ['preview'] });
    const { serverRevision } = (await apps.byId(app.id)) ?? {};
    const environments = ['production' as const, 'preview' as const];
    expect(await apps.changeVariable(app.id, 'A', { environments, updatedAt })).toBe(true);
    const changed = await apps.byId(app.id);
    expect(changed?.envVars).toEqual({
      A: { sealed: 'a', environments, sensitive: false, updatedAt },
      B: { sealed: 'b', environments: ['preview'] },
    });
    expect(changed?.serverRevision).not.toBe(serverRevision);
    expect(await apps.changeVariable(app.id, 'A', { sensitive: true, automatic: false, updatedAt })).toBe(
      true,
    );
    expect((await apps.byId(app.id))?.envVars.A).toEqual({
      sealed: 'a',
      environments,
      sensitive: true,
      automatic: false,
      updatedAt,
    });
    expect(await apps.changeVariable(newObjectId(), 'A', { environments, updatedAt })).toBe(false);
  });

  test('a variable is resealed only in place of its old value', async () => {
    const { apps } = await create();
    const app = appRecord();
    await apps.insert(app);
    await apps.setVariable(app.id, 'A', { sealed: 'old', environments: ['preview'] });
    const change = (name: string, from: string) => ({ name, from, to: 'new' });
    expect(await apps.resealVariables(app.id, [])).toBe(0);
    expect(await apps.resealVariables(app.id, [change('A', 'other'), change('B', 'old')])).toBe(0);
    expect(await apps.resealVariables(newObjectId(), [change('A', 'old')])).toBe(0);
    expect((await apps.byId(app.id))?.envVars).toEqual({ A: { sealed: 'old', environments: ['preview'] } });
    expect(await apps.resealVariables(app.id, [change('A', 'old'), change('B', 'old')])).toBe(1);
    expect((await apps.byId(app.id))?.envVars).toEqual({ A: { sealed: 'new', environments: ['preview'] } });
  });

  test('all variables of an app are resealed in one call, however many and large they are', async () => {
    const { apps } = await create();
    const environments = ['production' as const];
    const before = Array.from({ length: 30 }, (_, n) => [`V${n}`, `old ${n} `.padEnd(60_000, 'x')] as const);
    const envVars = Object.fromEntries(before.map(([name, sealed]) => [name, { sealed, environments }]));
    const app = appRecord({ envVars });
    await apps.insert(app);
    const changes = before.map(([name, from]) => ({ name, from, to: from.replace('old', 'new') }));
    expect(await apps.resealVariables(app.id, changes)).toBe(30);
    const after = before.map(([name, from]) => [name, { sealed: from.replace('old', 'new'), environments }]);
    expect((await apps.byId(app.id))?.envVars).toEqual(Object.fromEntries(after));
    expect(await apps.resealVariables(app.id, changes)).toBe(0);
  });

  test.each([
    ['shop', ['The Shop', 'Workshop']],
    ['SHOP', ['The Shop', 'Workshop']],
    ['the ', ['The Shop']],
    ['100%', ['100% (a+b)']],
    ['(a+b', ['100% (a+b)']],
    ['%', ['100% (a+b)']],
    ['_', []],
    ['.*', []],
    ['Ünï', ['Ünïcode']],
    ['by-slug', ['100% (a+b)']],
    ['', ['The Shop', 'Workshop', '100% (a+b)', 'Ünïcode']],
  ])('a search finds the apps whose name or slug holds it, as it is written: %s', async (search, names) => {
    const { apps } = await create();
    const first = appRecord({ name: 'The Shop', slug: 'one' });
    const { ownerId } = first;
    const others = [
      appRecord({ ownerId, name: 'Workshop', slug: 'two' }),
      appRecord({ ownerId, name: '100% (a+b)', slug: 'found-by-slug' }),
      appRecord({ ownerId, name: 'Ünïcode', slug: 'four' }),
      appRecord({ name: 'Their shop by-slug 100% (a+b) Ünïcode', slug: 'five' }),
    ];
    for (const app of [first, ...others]) await apps.insert(app);
    const found = await apps.list(ownerId, PAGE, search);
    expect(found.items.map(({ name }) => name).reverse()).toEqual(names);
  });

  test('a search has pages too', async () => {
    const { apps } = await create();
    const first = appRecord({ name: 'A shop' });
    const { ownerId } = first;
    const [second, third] = [appRecord({ ownerId, name: 'No' }), appRecord({ ownerId, name: 'B shop' })];
    for (const app of [first, second, third]) await apps.insert(app);
    const page = await apps.list(ownerId, { limit: 1 }, 'shop');
    expect(page.items).toEqual([third]);
    const rest = await apps.list(ownerId, { limit: 1, cursor: page.nextCursor ?? '' }, 'shop');
    expect(rest).toEqual({ items: [first], nextCursor: null });
  });

  test('all apps are listed by ascending id, whichever team has them', async () => {
    const { apps } = await create();
    const three = [appRecord(), appRecord(), appRecord()].sort(byId);
    for (const app of three) await apps.insert(app);
    const second = three[1]?.id ?? '';
    expect(await apps.all(null, 2)).toEqual({ items: three.slice(0, 2), next: second });
    expect(await apps.all(second, 2)).toEqual({ items: three.slice(2), next: null });
    expect(await apps.all(three[2]?.id ?? '', 2)).toEqual({ items: [], next: null });
    expect(await apps.all(null, 3)).toEqual({ items: three, next: null });
  });

  test('variables set at the same time are all kept', async () => {
    const { apps } = await create();
    const app = appRecord();
    await apps.insert(app);
    const names = ['A', 'B', 'C', 'D', 'E'];
    await Promise.all(
      names.map((name) => apps.setVariable(app.id, name, { sealed: name, environments: [] })),
    );
    expect(Object.keys((await apps.byId(app.id))?.envVars ?? {}).sort()).toEqual(names);
  });

  test('a variable may be called what an object calls its own', async () => {
    const { apps } = await create();
    const app = appRecord();
    await apps.insert(app);
    for (const name of ['__proto__', 'constructor', '_id']) {
      await apps.setVariable(app.id, name, { sealed: name, environments: [] });
    }
    const variables = (await apps.byId(app.id))?.envVars ?? {};
    const kept = Object.entries(variables).map(([name, { sealed }]) => [name, sealed]);
    expect(kept.sort()).toEqual([
      ['__proto__', '__proto__'],
      ['_id', '_id'],
      ['constructor', 'constructor'],
    ]);
    expect(await apps.deleteVariable(app.id, '__proto__')).toBe(true);
  });

  test('build numbers count up from 1 for each app, without gap or repeat', async () => {
    const { apps } = await create();
    const [one, two] = [appRecord(), appRecord()];
    await apps.insert(one);
    await apps.insert(two);
    const numbers = await Promise.all(Array.from({ length: 8 }, () => apps.nextBuildNumber(one.id)));
    expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await apps.nextBuildNumber(two.id)).toBe(1);
  });

  test("deleting an app removes its deployments' records and frees its slug", async () => {
    const { apps, deployments } = await create();
    const app = appRecord({ slug: 'again' });
    const other = appRecord({ ownerId: app.ownerId });
    await apps.insert(app);
    await apps.insert(other);
    const gone = deploymentRecord(app);
    const stays = deploymentRecord(other);
    await deployments.project(gone, 1);
    await deployments.project(stays, 1);
    expect(await apps.delete(app.id)).toBe(true);
    expect(await apps.byId(app.id)).toBeNull();
    expect(await deployments.byId(gone.id)).toBeNull();
    expect(await deployments.byId(stays.id)).toEqual(kept(stays));
    await apps.insert(appRecord({ slug: 'again' }));
  });
}
