/** How many of detection's fixtures are decided correctly. */
import { isDeepStrictEqual } from 'node:util';
import { DetectionFailure, decide, treeFromTexts } from '@appflux/detection';
import type { Fixture } from '@appflux/detection/testing/fixture.ts';
import { FIXTURES } from '@appflux/detection/testing/fixtures.ts';
import { BuildSettings } from '@appflux/protocol';

/** A row for each kind: its name, how many are right, how many there are. */
export async function countRight(): Promise<[string, number, number][]> {
  const rows: [string, number, number][] = [];
  for (const [kind, fixtures] of Object.entries(FIXTURES)) {
    const all = Object.values(fixtures);
    const right = await Promise.all(all.map(isRight));
    rows.push([kind, right.filter(Boolean).length, all.length]);
  }
  const sum = (column: 1 | 2) => rows.reduce((total, row) => total + row[column], 0);
  return [...rows, ['all', sum(1), sum(2)]];
}

/** Whether what is decided on a fixture is what it says; its test says what is not (detect/corpus.test.ts). */
export async function isRight(fixture: Fixture): Promise<boolean> {
  const { files, base, settings, type = null } = fixture;
  try {
    const build = BuildSettings.parse(settings ?? {});
    const { plan, version } = await decide(treeFromTexts(files, base), { type, build });
    if ('message' in fixture) return false;
    const given = new Map<string, unknown>(Object.entries(plan));
    return (
      Object.entries(fixture.plan).every(([name, value]) => isDeepStrictEqual(given.get(name), value)) &&
      (fixture.because ?? []).every((reason) => plan.reasons.includes(reason)) &&
      (fixture.version === undefined || fixture.version === version)
    );
  } catch (error) {
    if (!(error instanceof DetectionFailure) || !('message' in fixture)) return false;
    return (
      error.code === (fixture.code ?? 'nothing_to_build') &&
      error.message.includes(fixture.message) &&
      (fixture.hint === undefined || error.hint?.includes(fixture.hint) === true)
    );
  }
}
