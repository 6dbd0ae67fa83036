/** Detection on sources laid out as their tools document them: what comes of each, and how many are right. */
import { BuildSettings, Plan } from '@appflux/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import type { Fixture } from '../testing/fixture.ts';
import { FIXTURES } from '../testing/fixtures.ts';
import { type Decision, decide } from './decide.ts';
import { DetectionFailure } from './failure.ts';
import { treeFromTexts } from './tree.ts';

const decideOn = ({ files, base, settings, type, servers }: Fixture): Promise<Decision | DetectionFailure> =>
  decide(treeFromTexts(files, base), {
    type: type ?? null,
    build: BuildSettings.parse(settings ?? {}),
    servers: servers ?? false,
  }).catch((thrown: unknown) => {
    if (thrown instanceof DetectionFailure) return thrown;
    throw thrown;
  });

/** Throws unless what was decided is what the fixture says. */
async function check(fixture: Fixture): Promise<void> {
  const outcome = await decideOn(fixture);
  if ('message' in fixture) {
    expect(outcome).toBeInstanceOf(DetectionFailure);
    const { code, message, hint } = outcome as DetectionFailure;
    expect({ code, message, hint }).toEqual({
      code: fixture.code ?? 'nothing_to_build',
      message: expect.stringContaining(fixture.message),
      hint: fixture.hint === undefined ? undefined : expect.stringContaining(fixture.hint),
    });
    return;
  }
  if (outcome instanceof DetectionFailure) throw outcome;
  const { server, ...plan } = fixture.plan;
  expect(outcome.plan).toMatchObject(plan);
  expect(outcome.plan.server).toEqual(server);
  for (const reason of fixture.because ?? []) expect(outcome.plan.reasons).toContain(reason);
  if (fixture.version !== undefined) expect(outcome.version).toBe(fixture.version);
  expect(Plan.safeParse(outcome.plan).error).toBeUndefined();
}

const right = new Map<string, number>();

describe.each(Object.entries(FIXTURES))('detection of %s', (kind, fixtures) => {
  it.each(Object.entries(fixtures))('decides rightly on %s', async (_name, fixture) => {
    await check(fixture);
    right.set(kind, (right.get(kind) ?? 0) + 1);
  });
});

describe('the corpus', () => {
  it('has fixtures enough, over all kinds', () => {
    const sizes = Object.values(FIXTURES).map((fixtures) => Object.keys(fixtures).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(120);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(3);
  });
});

afterAll(() => {
  const rows = Object.entries(FIXTURES).map(([kind, fixtures]) => [
    kind,
    right.get(kind) ?? 0,
    Object.keys(fixtures).length,
  ]) satisfies [string, number, number][];
  const sum = (column: 1 | 2) => rows.reduce((total, row) => total + row[column], 0);
  const lines = [...rows, ['all', sum(1), sum(2)] as const].map(
    ([kind, good, all]) =>
      `${kind.padEnd(24)} ${String(good).padStart(4)} of ${String(all).padStart(4)} right`,
  );
  process.stdout.write(`\n${lines.join('\n')}\n`);
});
