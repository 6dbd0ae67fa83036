import { describe, expect, test } from 'vitest';
import { isNarrowed, queryOf, readFilter, STATUS_CHOICES, searchOf } from './deployment-filter.ts';

const read = (search: string) => readFilter(new URLSearchParams(search));
const ALL = { status: null, branch: null, environment: null, creator: null };

describe('the filter in a URL', () => {
  test('is read and written alike', () => {
    const filter = {
      status: 'failed',
      branch: 'feature/a&b',
      environment: 'preview',
      creator: 'ada@x.example',
    } as const;
    expect(read(searchOf(filter))).toEqual(filter);
    expect(searchOf(ALL)).toBe('');
    expect(read('')).toEqual(ALL);
    expect([isNarrowed(ALL), isNarrowed({ ...ALL, branch: 'main' })]).toEqual([false, true]);
  });

  test.each([
    'status=held',
    'status=toString',
    'status=__proto__',
    'status=',
    'environment=staging',
    'environment=constructor',
    'branch=',
    'branch=%20%20',
    `branch=${'b'.repeat(256)}`,
    `creator=${'c'.repeat(321)}`,
    'page=2',
  ])('%s narrows nothing', (search) => {
    expect(read(search)).toEqual(ALL);
  });
});

describe('what the API is asked for', () => {
  test.each([
    ['', {}],
    ['status=failed&branch=main', { status: 'failed', branch: 'main' }],
    ['status=skipped', { skipped: 'only' }],
    ['status=canceled', { status: 'canceled', skipped: 'exclude' }],
    ['environment=preview&creator=ada', { environment: 'preview', creator: 'ada' }],
  ])('%j', (search, query) => {
    expect(queryOf(read(search))).toEqual(query);
  });

  test('leaves skipped ones out if the reader hides them, unless they are asked for', () => {
    expect(queryOf(ALL, { hidesSkipped: true })).toEqual({ skipped: 'exclude' });
    expect(queryOf(read('status=skipped'), { hidesSkipped: true })).toEqual({ skipped: 'only' });
  });

  test('is known for each status that is offered', () => {
    for (const status of STATUS_CHOICES) expect(queryOf(read(`status=${status}`))).not.toEqual({});
  });
});
