import { SizeBudget, SizeBudgets } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { budgetFailure, budgetLine, checkBudgets, exceeded, type Published } from './check.ts';
import { sampleBudget as budget } from './testing/sample-budget.ts';

const file = (name: string, size: number, gzip = size) => ({ name, size, gzip });

const SITE: Published = {
  site: [
    file('index.html', 100, 60),
    file('assets/app-1f3a.js', 400, 150),
    file('assets/vendor.MJS', 300, 100),
    file('worker.cjs', 10),
    file('app.json', 7),
    file('app.js.map', 5),
    file('js', 3),
    file('style.css', 50, 20),
    file('logo.SVG', 30, 10),
    file('photo.jpeg', 70),
    file('.appflux/server/worker.js', 9000, 3000),
  ],
  artifacts: [file('app-1.0.apk', 5000), file('app-1.0.AppImage', 7000)],
};

const bytesOf = (change: Partial<SizeBudget>, published = SITE) =>
  checkBudgets([budget(change)], published, null)[0]?.bytes;

describe('what a budget counts', () => {
  test.each<[Partial<SizeBudget>, number]>([
    [{ what: 'total' }, 975 + 12_000],
    [{ what: 'total', compression: 'gzip' }, 435 + 12_000],
    [{ what: 'js' }, 710],
    [{ what: 'js', compression: 'gzip' }, 260],
    [{ what: 'css' }, 50],
    [{ what: 'images' }, 100],
    [{ what: 'files', pattern: 'assets/**' }, 700],
    [{ what: 'files', pattern: 'assets/*.js' }, 400],
    [{ what: 'files', pattern: '/assets/*.js' }, 400],
    [{ what: 'files', pattern: '*.js' }, 400],
    [{ what: 'files', pattern: '/*.js' }, 0],
    [{ what: 'files', pattern: './*.{css,json}' }, 57],
    // A folder is not its files, unlike in the rules of triggers.
    [{ what: 'files', pattern: 'assets' }, 0],
    [{ what: 'files', pattern: '**' }, 975],
    [{ what: 'files', pattern: '*.apk' }, 0],
    [{ what: 'artifacts', pattern: '*.apk' }, 5000],
    [{ what: 'artifacts', pattern: '*' }, 12_000],
    [{ what: 'artifacts', pattern: '*.js' }, 0],
  ])('%o', (change, bytes) => {
    expect(bytesOf(change)).toBe(bytes);
  });
});

describe('a size that is', () => {
  test.each([
    [999, 'warn', 'passed'],
    [1000, 'warn', 'passed'],
    [1001, 'warn', 'warned'],
    [1000, 'fail', 'passed'],
    [1001, 'fail', 'failed'],
  ] as const)('%d bytes, with a limit of 1,000 that would %s, has %s', (size, on, outcome) => {
    const results = checkBudgets([budget({ on })], { site: [file('a', size)], artifacts: [] }, null);
    expect(results).toMatchObject([{ bytes: size, files: 1, before: null, outcome }]);
    expect(exceeded(results)).toHaveLength(outcome === 'passed' ? 0 : 1);
    expect(budgetFailure(results)?.code).toBe(outcome === 'failed' ? 'budget_exceeded' : undefined);
  });

  test('too large names the largest files, and one that fits names none', () => {
    const [over, within] = checkBudgets(
      [budget({ what: 'js', limit: 1 }), budget({ what: 'css' })],
      SITE,
      null,
    );
    expect(over?.largest.map(({ name }) => name)).toEqual([
      'assets/app-1f3a.js',
      'assets/vendor.MJS',
      'worker.cjs',
    ]);
    expect(within?.largest).toEqual([]);
  });
});

test('the release before is measured like what is published now', () => {
  const before: Published = { site: [file('old.js', 600, 200)], artifacts: [] };
  const results = checkBudgets([budget({ what: 'js', limit: 700, on: 'fail' })], SITE, before);
  expect(results).toMatchObject([{ bytes: 710, before: 600 }]);
  expect(budgetLine(results[0] as (typeof results)[number])).toBe(
    'JavaScript: 710 bytes, limit 700 bytes, release 600 bytes',
  );
  expect(budgetFailure(results)?.message).toBe(
    'A size budget is exceeded. JavaScript: 710 bytes, limit 700 bytes, release 600 bytes',
  );
});

const anyFile = fc
  .tuple(
    fc.constantFrom('a.js', 'b/c.css', 'd/e/f.png', 'g.txt', '.appflux/x.js'),
    fc.nat(10_000),
    fc.nat(10_000),
  )
  .map(([name, size, gzip]) => file(name, size, gzip));
const anything = fc.record({ site: fc.array(anyFile), artifacts: fc.array(anyFile) });
const anyBudget = fc.record({
  what: fc.constantFrom('total', 'js', 'css', 'images', 'files', 'artifacts'),
  pattern: fc.constantFrom('**', '*.js', 'b/**', '[', '{', '{a,b}*', '\\'),
  limit: fc.integer({ min: 1, max: 20_000 }),
  compression: fc.constantFrom('none', 'gzip'),
  on: fc.constantFrom('warn', 'fail'),
});

test('whatever is published: each budget has one result, and only one that is larger than its limit is exceeded', () => {
  fc.assert(
    fc.property(fc.array(anyBudget), anything, fc.option(anything), (budgets, after, before) => {
      const results = checkBudgets(budgets, after, before);
      expect(results.map(({ limit }) => limit)).toEqual(budgets.map(({ limit }) => limit));
      for (const { bytes, limit, on, outcome, largest, files } of results) {
        expect(outcome === 'passed').toBe(bytes <= limit);
        if (outcome !== 'passed') expect(outcome).toBe(on === 'fail' ? 'failed' : 'warned');
        expect(largest.length).toBe(outcome === 'passed' ? 0 : Math.min(3, files));
        expect(largest.reduce((sum, { bytes: size }) => sum + size, 0)).toBeLessThanOrEqual(bytes);
      }
      const fails = budgets.some(({ on }, at) => on === 'fail' && results[at]?.outcome === 'failed');
      expect(budgetFailure(results) !== null).toBe(fails);
      // A total is the sum of its parts.
      const total = (of: Published) => bytesOf({ what: 'total' }, of) ?? 0;
      expect(total(after)).toBe(total({ ...after, site: [] }) + total({ ...after, artifacts: [] }));
    }),
  );
});

describe('a budget from outside', () => {
  const issues = (input: unknown) =>
    SizeBudget.safeParse(input).error?.issues.map(({ path }) => path.join('.')) ?? [];

  test('measures without compression and warns, unless it says otherwise', () => {
    expect(SizeBudget.parse({ what: 'total', limit: 5 })).toEqual({
      what: 'total',
      limit: 5,
      compression: 'none',
      on: 'warn',
    });
  });

  test.each<[unknown, string]>([
    [{ what: 'files', limit: 5 }, 'pattern'],
    [{ what: 'artifacts', limit: 5, pattern: ' ' }, 'pattern'],
    [{ what: 'js', limit: 5, pattern: '*.js' }, 'pattern'],
    [{ what: 'artifacts', limit: 5, pattern: '*', compression: 'gzip' }, 'compression'],
    [{ what: 'total', limit: 0 }, 'limit'],
    [{ what: 'total', limit: 1.5 }, 'limit'],
    [{ what: 'total', limit: '5 kB' }, 'limit'],
    [{ what: 'fonts', limit: 5 }, 'what'],
    [{ what: 'total', limit: 5, on: 'panic' }, 'on'],
    [{ what: 'total', limit: 5, maximum: 5 }, ''],
  ])('%o is refused', (input, path) => {
    expect(issues(input)).toContain(path);
  });

  test('is one of 20 at most', () => {
    const many = (length: number) => Array.from({ length }, () => ({ what: 'total', limit: 5 }));
    expect(SizeBudgets.safeParse(many(20)).success).toBe(true);
    expect(SizeBudgets.safeParse(many(21)).success).toBe(false);
  });
});
