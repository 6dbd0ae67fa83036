import { AppFluxError } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { app, deployment, idOf } from '../../testing/fixtures.ts';
import { ReleaseChange } from './release-change.svelte.ts';

const from = deployment({ id: idOf(5), status: 'success', createdAt: '2026-11-10T12:00:00.000Z' });
const older = deployment({ id: idOf(4), status: 'success', createdAt: '2026-11-09T12:00:00.000Z' });
const preview = deployment({ id: idOf(6), status: 'success', environment: 'preview' });

/** An API that keeps one app; promoting is refused while `differing`. */
function release(
  to: typeof from,
  { differing = false, known = true, release: live = from.id as string | null } = {},
) {
  const calls: string[] = [];
  let now = app({ release: live });
  const move = (id: string) => {
    now = app({ release: id });
    return now;
  };
  const requireFrom = (expected: string | null | undefined) => {
    if (expected !== undefined && expected !== now.release)
      throw new AppFluxError('release_changed', 'Another deployment has gone live');
  };
  const change = new ReleaseChange(
    to,
    { app: now, current: known ? from : null },
    {
      apps: {
        get: async () => now,
        release: async (slug, id, options) => {
          calls.push(`release ${slug} ${id}`);
          requireFrom(options?.from);
          if (id === idOf(404)) throw new AppFluxError('nothing_to_release', 'Its files were removed');
          return move(id);
        },
      },
      deployments: {
        get: async (id) => {
          calls.push(`get ${id}`);
          return { ...from, id };
        },
        listOf: async (slug, query) => {
          calls.push(`list ${slug} ${query?.branch}`);
          return { items: [], nextCursor: null };
        },
        promote: async (id, body = {}) => {
          calls.push(`promote ${id} ${JSON.stringify(body)}`);
          requireFrom(body.from);
          if (differing && body.force !== true) throw new AppFluxError('variables_differ', 'API_URL differs');
          move(id);
          return to;
        },
      },
    },
  );
  return { change, calls, move };
}

test('a rollback releases the older deployment, and the undo the one before', async () => {
  const { change, calls } = release(older);
  expect(change.kind).toBe('rollBack');
  await change.load();
  expect((await change.confirm())?.release).toBe(older.id);
  expect((await change.undo())?.release).toBe(from.id);
  expect(calls).toEqual([`release harbor-web ${older.id}`, `release harbor-web ${from.id}`]);
});

test('a preview is promoted, against other variables only when asked again', async () => {
  const { change, calls } = release(preview, { differing: true });
  expect(await change.confirm()).toBe(null);
  expect([change.differing?.message, change.error]).toEqual(['API_URL differs', null]);
  expect((await change.confirm())?.release).toBe(preview.id);
  expect(calls).toEqual([
    `promote ${preview.id} {"from":"${from.id}"}`,
    `promote ${preview.id} {"from":"${from.id}","force":true}`,
  ]);
});

test('an undo leaves what has gone live in the meantime', async () => {
  const { change, calls, move } = release(older);
  await change.confirm();
  move(idOf(9));
  expect(await change.undo()).toBe(null);
  expect(calls).toEqual([`release harbor-web ${older.id}`, `release harbor-web ${from.id}`]);
});

test.each([
  ['a rollback', older],
  ['a promotion', preview],
])('%s asks again when another deployment has gone live since it was asked about', async (_, to) => {
  const { change, move } = release(to);
  await change.load();
  move(idOf(9));
  expect(await change.confirm()).toBe(null);
  expect([change.outdated, change.error, change.app.release, change.from?.id]).toEqual([
    true,
    null,
    idOf(9),
    idOf(9),
  ]);
  expect((await change.confirm())?.release).toBe(to.id);
  expect((await change.undo())?.release).toBe(idOf(9));
});

test('the commits in between are those of the later one’s branch', async () => {
  const { change, calls } = release({ ...older, commitHash: 'a'.repeat(40), branch: 'next' });
  expect(change.commits).toBe(null);
  await change.load();
  expect(calls).toEqual(['list harbor-web main']);
  expect(change.commits).toEqual({
    direction: 'removed',
    commits: [{ hash: from.commitHash, subject: 'Keep the map centered while the sidebar opens' }],
  });
});

test('the first release can’t be undone', async () => {
  const { change } = release(older, { release: null, known: false });
  await change.load();
  expect(change.from).toBe(null);
  expect((await change.confirm())?.release).toBe(older.id);
  expect(change.undoable).toBe(false);
});

test('what is live is loaded if it isn’t known', async () => {
  const { change, calls } = release(older, { known: false });
  await change.load();
  expect(change.from).toEqual(from);
  expect(calls).toEqual([`get ${from.id}`]);
});

test('a refusal is shown, and a second click while it runs does nothing', async () => {
  const gone = release({ ...older, id: idOf(404) });
  const [first, second] = await Promise.all([gone.change.confirm(), gone.change.confirm()]);
  expect([first, second]).toEqual([null, null]);
  expect(gone.change.error?.code).toBe('nothing_to_release');
  expect(gone.calls).toHaveLength(1);
});
