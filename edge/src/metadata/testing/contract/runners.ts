import { expect, test } from 'vitest';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { anyHash, runnerRecord } from '../sample-records.ts';

export function runnerContract(create: CreateBackend): void {
  test('a runner comes back as it was put in, by id and by the hash of its credential', async () => {
    const { runners } = await create();
    const runner = runnerRecord({ labels: ['linux', 'gpu'], draining: true });
    const unknown = runnerRecord({ executor: null, ephemeral: true, refusedProtocol: 7 });
    await runners.insert(runner);
    await runners.insert(unknown);
    expect(await runners.byId(unknown.id)).toEqual(unknown);
    expect(await runners.byId(runner.id)).toEqual(runner);
    expect(await runners.byCredentialHash(runner.credentialHash)).toEqual(runner);
    expect(await runners.byId(newObjectId())).toBeNull();
    expect(await runners.byCredentialHash(anyHash())).toBeNull();
  });

  test("the list holds an owner's runners, newest first", async () => {
    const { runners } = await create();
    const first = runnerRecord();
    const second = runnerRecord({ ownerId: first.ownerId });
    for (const runner of [first, second, runnerRecord()]) await runners.insert(runner);
    expect(await runners.list(first.ownerId)).toEqual([second, first]);
    const page = await runners.page(first.ownerId, { limit: 1 });
    expect(page).toEqual({ items: [second], nextCursor: expect.any(String) });
    const cursor = page.nextCursor ?? '';
    expect(await runners.page(first.ownerId, { limit: 1, cursor })).toEqual({
      items: [first],
      nextCursor: null,
    });
    expect((await runners.page(crypto.randomUUID(), { limit: 1 })).items).toEqual([]);
    expect(await runners.count(first.ownerId)).toBe(2);
    expect(await runners.count(crypto.randomUUID())).toBe(0);
  });

  test('a change touches the members that it names and no others', async () => {
    const { runners } = await create();
    const runner = runnerRecord();
    await runners.insert(runner);
    expect(await runners.update(runner.id, { draining: true })).toEqual({ ...runner, draining: true });
    const lastSeenAt = '2026-11-02T00:00:00.000Z';
    const change = {
      name: 'another',
      draining: false,
      labels: [],
      slots: 4,
      executor: 'host' as const,
      version: '2.0.0',
      lastSeenAt,
      refusedProtocol: 0,
    };
    expect(await runners.update(runner.id, change)).toEqual({ ...runner, ...change });
    expect(await runners.byId(runner.id)).toEqual({ ...runner, ...change });
    expect(await runners.update(newObjectId(), { slots: 1 })).toBeNull();
  });

  test('ephemeral runners that were not seen since a time of all teams come longest ago first', async () => {
    const { runners } = await create();
    const at = (hour: number) => `2026-11-03T0${hour}:00:00.000Z`;
    const gone = runnerRecord({ ephemeral: true, createdAt: at(1), lastSeenAt: at(3) });
    const never = runnerRecord({ ephemeral: true, createdAt: at(2) });
    const seen = runnerRecord({ ephemeral: true, createdAt: at(1), lastSeenAt: at(5) });
    const fresh = runnerRecord({ ephemeral: true, createdAt: at(5) });
    const lasting = runnerRecord({ createdAt: at(1), lastSeenAt: at(1) });
    for (const runner of [gone, never, seen, fresh, lasting]) await runners.insert(runner);
    const ours = new Set([gone, never, seen, fresh, lasting].map(({ id }) => id));
    const unseen = (await runners.ephemeralUnseen(at(4), 1000)).filter(({ id }) => ours.has(id));
    expect(unseen).toEqual([never, gone]);
    expect(await runners.ephemeralUnseen(at(4), 1)).toHaveLength(1);
  });

  test('a deleted runner has no credential any more', async () => {
    const { runners } = await create();
    const runner = runnerRecord();
    await runners.insert(runner);
    expect(await runners.delete(runner.id)).toBe(true);
    expect(await runners.delete(runner.id)).toBe(false);
    expect(await runners.byCredentialHash(runner.credentialHash)).toBeNull();
  });
}
