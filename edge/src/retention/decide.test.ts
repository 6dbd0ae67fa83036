import { type DeploymentStatus, hasEnded } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeploymentPart } from '../metadata/metadata.ts';
import type { Place } from '../metadata/paging.ts';
import {
  type Candidate,
  couldReplace,
  decide,
  type Policy,
  SETTLED_AFTER_MS,
  type Verdict,
} from './decide.ts';

const NOW = Date.UTC(2026, 10, 20);
const DAY = 86_400_000;
/** Ids say nothing about the order within a second: here the later one is always the lower one. */
const idOf = (index: number) => (0xffff - index).toString(16).padStart(24, '0');
const placeAt = (index: number): Place => ({
  at: `2026-01-01T00:00:00.${String(index).padStart(3, '0')}Z`,
  id: idOf(index),
});

const candidate = (index: number, members: Partial<Candidate> = {}): Candidate => ({
  ...placeAt(index),
  environment: 'production',
  status: 'success',
  finishedAt: NOW - 400 * DAY,
  pinned: false,
  parts: new Set<DeploymentPart>(['artifacts', 'log']),
  ...members,
});
const rules = (keepLast: number, days: number): Policy => ({
  artifacts: { keepLast, days },
  log: { keepLast, days },
});
const going = (verdicts: Verdict[]) =>
  verdicts.filter(({ goes }) => goes).map(({ id, part }) => `${part} ${id}`);
const whyOf = (verdicts: Verdict[], index: number, part: DeploymentPart = 'artifacts') =>
  verdicts.find((verdict) => verdict.id === idOf(index) && verdict.part === part)?.why;

describe('what goes', () => {
  test('is what is neither among the last nor young', () => {
    const deployments = [
      candidate(1),
      candidate(2, { finishedAt: NOW - 10 * DAY }),
      candidate(3),
      candidate(4),
      candidate(5),
    ];
    const verdicts = decide(deployments, null, rules(2, 30), NOW);
    expect([1, 2, 3, 4, 5].map((index) => whyOf(verdicts, index))).toEqual([
      'old',
      'young',
      'old',
      'among_last',
      'among_last',
    ]);
  });

  test('is decided for artifacts and logs apart', () => {
    const policy = { artifacts: { keepLast: 0, days: 1 }, log: { keepLast: 0, days: 500 } };
    expect(going(decide([candidate(1)], null, policy, NOW))).toEqual([`artifacts ${idOf(1)}`]);
  });

  test('is counted in each environment by itself', () => {
    const deployments = [
      candidate(1, { environment: 'preview' }),
      candidate(2),
      candidate(3, { environment: 'preview' }),
    ];
    const verdicts = decide(deployments, null, rules(1, 0), NOW);
    expect([1, 2, 3].map((index) => whyOf(verdicts, index))).toEqual(['old', 'among_last', 'among_last']);
  });

  test('is never a version that works because later builds failed', () => {
    const failed = [2, 3, 4].map((index) =>
      candidate(index, { status: 'failed', parts: new Set<DeploymentPart>(['log']) }),
    );
    const verdicts = decide([candidate(1), ...failed], null, rules(1, 0), NOW);
    expect(whyOf(verdicts, 1)).toBe('among_last');
    expect(whyOf(verdicts, 1, 'log')).toBe('old');
  });
});

test.each<[string, Partial<Candidate>, Place | null]>([
  ['not_ended', { status: 'building', finishedAt: null }, null],
  ['pinned', { pinned: true }, null],
  ['released', {}, placeAt(1)],
  ['rollback', {}, placeAt(2)],
  ['just_ended', { finishedAt: NOW - SETTLED_AFTER_MS + 1 }, null],
])('%s keeps all parts, whatever the rules say', (why, members, release) => {
  const verdicts = decide([candidate(1, members), candidate(2)], release, rules(0, 0), NOW);
  expect(whyOf(verdicts, 1)).toBe(why);
  expect(whyOf(verdicts, 1, 'log')).toBe(why);
});

test('the release before stays with all parts, whether it is older or newer than the release', () => {
  for (const previous of [1, 3]) {
    const deployments = [1, 2, 3].map((index) => candidate(index, { environment: 'preview' }));
    const verdicts = decide(deployments, placeAt(2), rules(0, 0), NOW, idOf(previous));
    expect(whyOf(verdicts, previous)).toBe('rollback');
    expect(whyOf(verdicts, previous, 'log')).toBe('rollback');
    expect(whyOf(verdicts, 4 - previous)).toBe('old');
  }
});

/** The deployment to roll back to, of those from newest to oldest. */
const rollbackTarget = (ordered: readonly Candidate[], release: Place | null) =>
  ordered.find((deployment) => couldReplace(release, deployment))?.id ?? null;

test('one rolls back to the newest earlier success in production that has its artifacts', () => {
  const gone = candidate(4, { parts: new Set<DeploymentPart>(['log']) });
  const ordered = [
    candidate(6),
    candidate(5),
    gone,
    candidate(3, { environment: 'preview' }),
    candidate(2, { status: 'failed' }),
    candidate(1),
    candidate(0),
  ];
  expect(rollbackTarget(ordered, placeAt(5))).toBe(idOf(1));
  expect(rollbackTarget(ordered, placeAt(0))).toBeNull();
  expect(rollbackTarget(ordered, null)).toBeNull();
});

describe('whatever there is', () => {
  const status = fc.constantFrom<DeploymentStatus>(
    'queued',
    'building',
    'canceling',
    'success',
    'failed',
    'canceled',
  );
  const parts = fc.subarray<DeploymentPart>(['artifacts', 'log'], { minLength: 1 });
  const deployment = fc
    .record({
      environment: fc.constantFrom('production' as const, 'preview' as const),
      status,
      age: fc.oneof(fc.integer({ min: 0, max: 200 * DAY }), fc.constantFrom(0, SETTLED_AFTER_MS, DAY)),
      pinned: fc.boolean(),
      parts,
    })
    .map(({ age, parts: has, ...members }) => ({
      ...members,
      parts: new Set(has),
      finishedAt: hasEnded(members.status) ? NOW - age : null,
    }));
  const rule = fc.record({ keepLast: fc.nat({ max: 6 }), days: fc.nat({ max: 120 }) });
  const scenario = fc
    .record({
      deployments: fc
        .array(deployment, { maxLength: 15 })
        .map((all) => all.map((members, index) => candidate(index, members))),
      released: fc.option(fc.nat({ max: 14 }), { nil: null }),
      policy: fc.record({ artifacts: rule, log: rule }),
    })
    .map(({ released, ...rest }) => ({ ...rest, release: released === null ? null : placeAt(released) }));
  type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

  const verdictsOf = ({ deployments, release, policy }: Scenario) =>
    decide(deployments, release, policy, NOW);
  const holds = (property: (given: Scenario) => void) => fc.assert(fc.property(scenario, property));

  test('each part that is there gets one verdict', () => {
    holds((given) => {
      const told = verdictsOf(given).map(({ id, part }) => `${part} ${id}`);
      const there = given.deployments.flatMap(({ id, parts: has }) =>
        [...has].map((part) => `${part} ${id}`),
      );
      expect(told.sort()).toEqual(there.sort());
    });
  });

  test('nothing goes of what is released, pinned, not ended, just ended, or can be rolled back to', () => {
    holds((given) => {
      const newestFirst = given.deployments.toReversed();
      const rollback = rollbackTarget(newestFirst, given.release);
      const safe = given.deployments.filter(
        ({ id, status: now, pinned, finishedAt }) =>
          id === given.release?.id ||
          id === rollback ||
          pinned ||
          !hasEnded(now) ||
          (finishedAt ?? NOW) > NOW - SETTLED_AFTER_MS,
      );
      const safeIds = new Set(safe.map(({ id }) => id));
      expect(verdictsOf(given).filter(({ id, goes }) => goes && safeIds.has(id))).toEqual([]);
    });
  });

  test('the last N stay, and so does what is younger than D days', () => {
    holds((given) => {
      const gone = new Set(going(verdictsOf(given)));
      for (const part of ['artifacts', 'log'] as const) {
        const { keepLast, days } = given.policy[part];
        for (const environment of ['production', 'preview']) {
          const having = given.deployments.filter(
            (one) => one.environment === environment && hasEnded(one.status) && one.parts.has(part),
          );
          const last = having.slice(Math.max(0, having.length - keepLast));
          const young = having.filter(({ finishedAt }) => NOW - (finishedAt ?? 0) < days * DAY);
          for (const { id } of [...last, ...young]) expect(gone).not.toContain(`${part} ${id}`);
        }
      }
    });
  });

  test('a rule that keeps more never removes what a rule that keeps less would keep', () => {
    const more = fc.record({ keepLast: fc.nat({ max: 4 }), days: fc.nat({ max: 100 }) });
    fc.assert(
      fc.property(scenario, more, (given, { keepLast, days }) => {
        const wider = {
          artifacts: {
            keepLast: given.policy.artifacts.keepLast + keepLast,
            days: given.policy.artifacts.days + days,
          },
          log: { keepLast: given.policy.log.keepLast + keepLast, days: given.policy.log.days + days },
        };
        const narrow = new Set(going(verdictsOf(given)));
        for (const gone of going(verdictsOf({ ...given, policy: wider }))) expect(narrow).toContain(gone);
      }),
    );
  });

  test('once it was carried out, nothing more goes', () => {
    holds((given) => {
      const gone = new Set(going(verdictsOf(given)));
      const left = given.deployments
        .map((one) => ({
          ...one,
          parts: new Set([...one.parts].filter((part) => !gone.has(`${part} ${one.id}`))),
        }))
        .filter(({ parts: has }) => has.size > 0);
      expect(going(verdictsOf({ ...given, deployments: left }))).toEqual([]);
    });
  });

  test('carried out in part, it goes on to the same end', () => {
    fc.assert(
      fc.property(scenario, fc.infiniteStream(fc.boolean()), (given, coin) => {
        const gone = going(verdictsOf(given));
        const first = new Set(gone.filter(() => coin.next().value));
        const left = given.deployments
          .map((one) => ({
            ...one,
            parts: new Set([...one.parts].filter((part) => !first.has(`${part} ${one.id}`))),
          }))
          .filter(({ parts: has }) => has.size > 0);
        for (const again of going(verdictsOf({ ...given, deployments: left }))) expect(gone).toContain(again);
      }),
    );
  });

  test('the order in which deployments are reported does not matter', () => {
    holds((given) => {
      const turned = { ...given, deployments: given.deployments.toReversed() };
      expect(verdictsOf(turned)).toEqual(verdictsOf(given));
    });
  });
});
