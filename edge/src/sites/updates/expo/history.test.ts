import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExpoRow } from '../../../metadata/expo.ts';
import { type Released, rowsForRelease, rowsForRollback, rowsForSuccess } from './history.ts';

const APP = 'app';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 29, 12, minute)).toISOString();

/** An app's history, and what its feed says for a runtime version. */
function feed() {
  let rows: ExpoRow[] = [];
  const add = (more: readonly ExpoRow[]) => {
    const known = new Set(rows.map(({ id }) => id));
    rows = [...more.filter(({ id }) => !known.has(id)), ...rows].sort((a, b) =>
      a.createdAt === b.createdAt ? 0 : a.createdAt > b.createdAt ? -1 : 1,
    );
  };
  return {
    release: (name: string, created: number, minute: number, runtimes: Released['runtimes']) =>
      add(
        rowsForRelease(rows, 'production', {
          id: name,
          appId: APP,
          createdAt: at(created),
          at: at(minute),
          runtimes,
        }),
      ),
    rollBack: (minute: number, runtimeVersion: string) =>
      add(rowsForRollback({ appId: APP, at: at(minute) }, 'production', runtimeVersion)),
    says: (runtimeVersion: string, platform = 'android') => {
      const row = rows.find((each) => each.runtimeVersion === runtimeVersion && each.platform === platform);
      return row === undefined
        ? 'nothing'
        : `${row.deploymentId ?? 'embedded'} since ${new Date(row.createdAt).getUTCMinutes()}`;
    },
    size: () => rows.length,
  };
}

describe('the feed of an app', () => {
  test('says the newest release for a runtime version, and goes on for older ones', () => {
    const app = feed();
    expect(app.says('1')).toBe('nothing');
    app.release('A', 0, 1, { android: '1', ios: '1' });
    app.release('B', 2, 3, { android: '2' });
    expect([app.says('1'), app.says('1', 'ios'), app.says('2'), app.says('2', 'ios')]).toEqual([
      'A since 1',
      'A since 1',
      'B since 3',
      'nothing',
    ]);
  });

  test('goes back with the release: the same content again, as something new', () => {
    const app = feed();
    app.release('A', 0, 1, { android: '1' });
    app.release('B', 2, 3, { android: '1' });
    app.release('A', 0, 5, { android: '1' });
    expect(app.says('1')).toBe('A since 5');
    app.release('B', 2, 6, { android: '1' });
    expect(app.says('1')).toBe('B since 6');
  });

  test('goes back to the embedded update when the release is older than all updates', () => {
    const app = feed();
    app.release('A', 0, 1, {});
    app.release('B', 2, 3, { android: '1' });
    app.release('A', 0, 5, {});
    expect(app.says('1')).toBe('embedded since 5');
    app.release('B', 2, 7, { android: '1' });
    expect(app.says('1')).toBe('B since 7');
  });

  test('goes back for other runtime versions, too, to what was current before', () => {
    const app = feed();
    app.release('A', 0, 1, { android: '1' });
    app.release('B', 2, 3, { android: '1' });
    app.release('C', 4, 5, { android: '2' });
    app.release('A2', 1, 7, { android: '3' });
    // B and C are newer than A2, A is not.
    expect([app.says('1'), app.says('2'), app.says('3')]).toEqual([
      'A since 7',
      'embedded since 7',
      'A2 since 7',
    ]);
  });

  test('never says again what was gone back from, when something else is released', () => {
    const app = feed();
    app.release('A', 0, 1, { android: '1' });
    app.release('Bad', 2, 3, { android: '1' });
    app.release('A', 0, 5, { android: '1' });
    app.release('C', 6, 7, { android: '2' });
    expect(app.says('1')).toBe('A since 5');
  });

  test('goes back to the embedded update by a call, until the next release', () => {
    const app = feed();
    app.release('A', 0, 1, { android: '1', ios: '1' });
    app.rollBack(2, '1');
    expect([app.says('1'), app.says('1', 'ios')]).toEqual(['embedded since 2', 'embedded since 2']);
    // The pointer has not moved: recording it again changes nothing.
    app.release('A', 0, 1, { android: '1', ios: '1' });
    expect(app.says('1')).toBe('embedded since 2');
    app.release('B', 3, 4, { android: '1' });
    expect([app.says('1'), app.says('1', 'ios')]).toEqual(['B since 4', 'embedded since 2']);
  });

  test('is the same however often a release is recorded', () => {
    const app = feed();
    for (let time = 0; time < 3; time += 1) app.release('A', 0, 1, { android: '1', ios: '2' });
    expect(app.size()).toBe(2);
  });
});

test('whatever is released in whatever order, a feed says the release or what was current when that was new', () => {
  const runtimes = fc.record(
    { android: fc.constantFrom('1', '2'), ios: fc.constantFrom('1', '2') },
    { requiredKeys: [] },
  );
  const deployments = fc.array(runtimes, { minLength: 1, maxLength: 5 });
  const releases = fc.array(fc.nat({ max: 4 }), { maxLength: 8 });
  fc.assert(
    fc.property(deployments, releases, (published, order) => {
      let history: ExpoRow[] = [];
      const current = () =>
        history.filter((row, index) => history.findIndex((other) => isSame(other, row)) === index);
      for (const [step, choice] of order.entries()) {
        const number = choice % published.length;
        const released: Released = {
          id: `${number}`,
          appId: APP,
          createdAt: at(number),
          at: at(10 + step),
          runtimes: published[number] ?? {},
        };
        const before = current();
        const added = rowsForRelease(history, 'production', released);
        history = [...added, ...history];
        for (const row of current()) {
          // Nothing newer than the release is left, and what it has itself is current.
          expect((row.deploymentCreatedAt ?? '') <= released.createdAt).toBe(true);
          if (released.runtimes[row.platform] === row.runtimeVersion)
            expect(row.deploymentId).toBe(released.id);
          // What need not change doesn't.
          const earlier = before.find((other) => isSame(other, row));
          const stays = earlier !== undefined && (earlier.deploymentCreatedAt ?? '') <= released.createdAt;
          if (stays && released.runtimes[row.platform] !== row.runtimeVersion) expect(row).toBe(earlier);
        }
        for (const [platform, runtimeVersion] of Object.entries(released.runtimes))
          expect(current()).toContainEqual(
            expect.objectContaining({ platform, runtimeVersion, deploymentId: released.id }),
          );
      }
    }),
  );
});

const isSame = (a: ExpoRow, b: ExpoRow) => a.platform === b.platform && a.runtimeVersion === b.runtimeVersion;

test('a preview that was created earlier and ends later is not what the channel says', () => {
  const success = (id: string, created: number, minute: number): Released => ({
    id,
    appId: APP,
    createdAt: at(created),
    at: at(minute),
    runtimes: { android: '1' },
  });
  const first = rowsForSuccess([], 'preview', success('B', 2, 3));
  expect(first).toMatchObject([{ channel: 'preview', deploymentId: 'B', createdAt: at(3) }]);
  expect(rowsForSuccess(first, 'preview', success('A', 1, 4))).toEqual([]);
  expect(rowsForSuccess(first, 'preview', success('C', 3, 5))).toHaveLength(1);
});
