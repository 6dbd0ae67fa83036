import { expect, test } from 'vitest';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { hookRecord } from '../sample-records.ts';

export function hookContract(create: CreateBackend): void {
  test('a hook comes back as it was put in', async () => {
    const { hooks } = await create();
    const hook = hookRecord({
      apps: ['shop'],
      environments: ['preview'],
      enabled: false,
      disabledReason: 'gone',
    });
    const email = hookRecord({ kind: 'email', secret: null });
    for (const record of [hook, email]) await hooks.insert(record);
    expect(await hooks.byId(hook.id)).toEqual(hook);
    expect(await hooks.byId(email.id)).toEqual(email);
    expect(await hooks.byId(newObjectId())).toBeNull();
  });

  test("the list holds a team's hooks, newest first", async () => {
    const { hooks } = await create();
    const first = hookRecord();
    const second = hookRecord({ ownerId: first.ownerId });
    for (const record of [first, second, hookRecord()]) await hooks.insert(record);
    expect(await hooks.list(first.ownerId)).toEqual([second, first]);
    expect(await hooks.count(first.ownerId)).toBe(2);
    expect(await hooks.list(crypto.randomUUID())).toEqual([]);
    expect(await hooks.count(crypto.randomUUID())).toBe(0);
  });

  test('all hooks can be gone through by their ids', async () => {
    const { hooks } = await create();
    const records = [hookRecord(), hookRecord(), hookRecord()];
    for (const record of records) await hooks.insert(record);
    const [first, second, third] = records.map(({ id }) => id).sort();
    const ids = async (after: string | null) => (await hooks.all(after, 2)).map(({ id }) => id);
    expect(await ids(null)).toEqual([first, second]);
    expect(await ids(second ?? '')).toEqual([third]);
    expect(await ids(third ?? '')).toEqual([]);
  });

  test('a change touches the members that it names and no others', async () => {
    const { hooks } = await create();
    const hook = hookRecord();
    await hooks.insert(hook);
    expect(await hooks.update(hook.id, { enabled: false })).toEqual({ ...hook, enabled: false });
    const change = {
      name: 'another',
      target: 'v1.other',
      shownTarget: 'https://other.example/',
      secret: 'v1.other-secret',
      events: ['deployment.waiting' as const],
      apps: ['shop', 'blog'],
      environments: ['production' as const],
      enabled: true,
      disabledReason: 'it is gone',
    };
    expect(await hooks.update(hook.id, change)).toEqual({ ...hook, ...change });
    expect(await hooks.update(hook.id, { disabledReason: null })).toEqual({
      ...hook,
      ...change,
      disabledReason: null,
    });
    expect(await hooks.update(hook.id, {})).toEqual({ ...hook, ...change, disabledReason: null });
    expect(await hooks.update(newObjectId(), { enabled: false })).toBeNull();
  });

  test('a sealed member is replaced if it is still the same', async () => {
    const { hooks } = await create();
    const hook = hookRecord({ target: 'v1.a', secret: 'v1.b' });
    const other = hookRecord({ target: 'v1.a', secret: 'v1.b' });
    for (const record of [hook, other]) await hooks.insert(record);
    expect(await hooks.reseal(hook.id, { member: 'target', from: 'v1.b', to: 'v1.c' })).toBe(false);
    expect(await hooks.reseal(hook.id, { member: 'target', from: 'v1.a', to: 'v1.c' })).toBe(true);
    expect(await hooks.reseal(hook.id, { member: 'secret', from: 'v1.b', to: 'v1.d' })).toBe(true);
    expect(await hooks.byId(hook.id)).toEqual({ ...hook, target: 'v1.c', secret: 'v1.d' });
    expect(await hooks.byId(other.id)).toEqual(other);
  });

  test('a hook is deleted once', async () => {
    const { hooks } = await create();
    const hook = hookRecord();
    await hooks.insert(hook);
    expect(await hooks.delete(hook.id)).toBe(true);
    expect(await hooks.delete(hook.id)).toBe(false);
    expect(await hooks.list(hook.ownerId)).toEqual([]);
  });
}
