import { describe, expect, test } from 'vitest';
import { planTests } from './plan.ts';
import { addUp, exitCodeOf, NOTHING, type Outcome, verdictLines } from './verdict.ts';

const some: Outcome = {
  passed: 3,
  failed: 1,
  skipped: [{ test: '[edge] a.test.ts > it works', reason: 'no server' }],
  errors: ['b.test.ts: cannot be\n  loaded'],
};

describe('the verdict', () => {
  test('ends with the counts, after the reasons of what was skipped', () => {
    expect(verdictLines(some)).toEqual([
      'skipped: [edge] a.test.ts > it works (no server)',
      'error: b.test.ts: cannot be loaded',
      '3 passed, 2 failed, 1 skipped',
    ]);
  });

  test('of two runs is that of all their tests', () => {
    expect(verdictLines(addUp(some, some)).at(-1)).toBe('6 passed, 4 failed, 2 skipped');
    expect(addUp(NOTHING, some)).toEqual(some);
  });

  test('is good when something passed and nothing failed', () => {
    const good = { ...NOTHING, passed: 1 };
    expect(exitCodeOf(good)).toBe(0);
    expect(exitCodeOf({ ...good, skipped: some.skipped })).toBe(0);
    expect(exitCodeOf({ ...good, failed: 1 })).toBe(1);
    expect(exitCodeOf({ ...good, errors: ['no'] })).toBe(1);
  });

  test('is bad when nothing ran', () => {
    expect(exitCodeOf(NOTHING)).toBe(1);
    expect(exitCodeOf({ ...NOTHING, skipped: some.skipped })).toBe(1);
  });
});

describe('npm test', () => {
  test('checks and tests everything without arguments', () => {
    expect(planTests([])).toEqual({
      args: [],
      checks: true,
      engine: true,
      browser: true,
      git: true,
      imageTools: true,
      scanner: true,
      dashboard: true,
      foreignStorage: true,
      mongo: true,
    });
  });

  test('makes sure only of what the projects named need', () => {
    expect(planTests(['protocol'])).toEqual({
      args: ['--project=protocol'],
      checks: false,
      engine: false,
      browser: false,
      git: false,
      imageTools: false,
      scanner: false,
      dashboard: false,
      foreignStorage: false,
      mongo: false,
    });
    expect(planTests(['docker']).engine).toBe(true);
    expect(planTests(['e2e'])).toMatchObject({ mongo: true, foreignStorage: false });
    expect(planTests(['dashboard']).browser).toBe(true);
    expect(planTests(['edge'])).toMatchObject({ args: ['--project=@appflux/edge'], foreignStorage: true });
  });

  test('passes on what is no project, and makes sure of everything for it', () => {
    expect(planTests(['stack/edge.test.ts', '-t', 'constructor'])).toMatchObject({
      args: ['stack/edge.test.ts', '-t', 'constructor'],
      checks: false,
      engine: true,
    });
    expect(planTests(['runner', '-t', 'masks']).args).toEqual(['--project=runner', '-t', 'masks']);
  });
});
