import { DEFAULT_TRIGGERS, type TriggerRules } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangedPaths, PullRequestFacts, PushEvent } from '../git-hosts/event.ts';
import { comparisonOf } from './changed.ts';
import { type Decision, decidePullRequest, decidePush, type Facts, type Subject } from './rules.ts';
import { pullRequestOf, pushOf, sha } from './testing/events.ts';

const subject = (rules: Partial<TriggerRules> = {}, more: Partial<Subject> = {}): Subject => ({
  rules: { ...DEFAULT_TRIGGERS, ...rules },
  productionBranch: 'main',
  rootDirectory: './',
  ...more,
});

const paths = (...changed: string[]): ChangedPaths => ({ known: true, paths: changed });
const facts = (change: Partial<Facts> = {}): Facts => ({
  changed: paths('index.html'),
  message: 'Change the page',
  ...change,
});

const branch = (name: string): PushEvent['ref'] => ({ kind: 'branch', name });
const tag = (name: string): PushEvent['ref'] => ({ kind: 'tag', name });

/** What matters of a decision, as one line. */
function shown(decision: Decision): string {
  switch (decision.kind) {
    case 'build':
      return `build ${decision.target.branch} ${decision.target.environment}${decision.target.fork ? ' fork' : ''}`;
    case 'skip':
      return `skip ${decision.code}`;
    case 'end':
      return `end ${decision.branch}`;
    case 'ask':
      return `ask ${decision.facts.join(' ')}`;
    case 'nothing':
      return 'nothing';
  }
}

const push = (of: Subject, event: Partial<PushEvent> = {}, known: Partial<Facts> = {}) =>
  shown(decidePush(of, pushOf(event), facts(known)));

const pull = (of: Subject, event: Parameters<typeof pullRequestOf>[0] = {}, known: Partial<Facts> = {}) =>
  shown(decidePullRequest(of, pullRequestOf(event), facts(known)));

describe('a push', () => {
  it('deploys the production branch to production, and others as previews', () => {
    expect(push(subject())).toBe('build main production');
    expect(push(subject(), { ref: branch('feature/a') })).toBe('build feature/a preview');
    expect(push(subject({}, { productionBranch: 'live' }))).toBe('build main preview');
    // Names of branches have a case.
    expect(push(subject(), { ref: branch('Main') })).toBe('build Main preview');
  });

  it('is skipped if pushes, or other branches, are turned off', () => {
    expect(push(subject({ push: false }))).toBe('skip off');
    expect(push(subject({ branches: 'production' }), { ref: branch('feature') })).toBe('skip branch');
    expect(push(subject({ branches: 'production' }))).toBe('build main production');
  });

  it('of a tag deploys to production only by a pattern', () => {
    expect(push(subject(), { ref: tag('v1') })).toBe('nothing');
    expect(push(subject({ tags: 'v*' }), { ref: tag('v1') })).toBe('build v1 production');
    expect(push(subject({ tags: 'v*' }), { ref: tag('nightly') })).toBe('skip tag');
    // A branch of that name is no tag, and a tag named like the production branch is no push to it.
    expect(push(subject({ tags: 'v*', push: false }), { ref: branch('v1') })).toBe('skip off');
    expect(push(subject(), { ref: tag('main') })).toBe('nothing');
    expect(push(subject({ tags: 'v*', push: false, branches: 'production' }), { ref: tag('v1') })).toBe(
      'build v1 production',
    );
  });

  it('of a tag counts whatever its commit changed', () => {
    const of = subject({ tags: 'v*', exclude: ['**'] }, { rootDirectory: 'apps/web' });
    expect(push(of, { ref: tag('v1') }, { changed: paths('README.md') })).toBe('build v1 production');
    expect(push(of, { ref: tag('v1') }, { message: '[skip ci]' })).toBe('skip mark');
  });

  it('that deletes a branch ends its previews, and deletes nothing of a tag', () => {
    expect(push(subject(), { ref: branch('feature'), after: null })).toBe('end feature');
    expect(push(subject({ push: false }), { ref: branch('feature'), after: null })).toBe('end feature');
    expect(push(subject({ tags: 'v*' }), { ref: tag('v1'), after: null })).toBe('nothing');
  });

  it.each(['-x', 'a..b', 'a b', 'a\nb', 'x.lock', 'a\\b', 'refs:x', 'a'.repeat(300)])(
    'of a ref that Git or a runner could misread, such as %j, deploys nothing',
    (name) => {
      expect(push(subject({ tags: '**' }), { ref: branch(name) })).toBe('nothing');
      expect(push(subject({ tags: '**' }), { ref: tag(name) })).toBe('nothing');
    },
  );

  it('is skipped by a mark in the head commit', () => {
    expect(push(subject(), {}, { message: 'docs [skip ci]' })).toBe('skip mark');
    expect(push(subject(), {}, { message: null })).toBe('build main production');
    expect(push(subject(), {}, { message: undefined })).toBe('ask message');
  });
});

describe('a pull request', () => {
  it.each(['opened', 'synchronize', 'reopened'] as const)(
    'is deployed as a preview when it is %s',
    (action) => {
      expect(pull(subject(), { action })).toBe('build feature preview');
      expect(pull(subject({ push: false }), { action })).toBe('build feature preview');
    },
  );

  it('changes nothing by labels and the like', () => {
    expect(pull(subject(), { action: 'other' })).toBe('nothing');
  });

  it('ends its previews when it is closed, also if it would not be deployed', () => {
    for (const rules of [{}, { pullRequests: false }, { forks: 'never' as const }])
      expect(pull(subject(rules), { action: 'closed' })).toBe('end feature');
    expect(pull(subject(), { action: 'closed', pullRequest: { fork: true } })).toBe('end pull/7');
  });

  it('from the production branch changes and ends nothing', () => {
    const head = { branch: 'main', sha: sha('b'), repoUrl: null, message: null };
    for (const action of ['opened', 'closed'] as const)
      expect(pull(subject(), { action, pullRequest: { head } })).toBe('nothing');
    // A fork's branch of that name is another branch.
    expect(pull(subject(), { pullRequest: { head, fork: true } })).toBe('build pull/7 preview fork');
  });

  it('is skipped if pull requests are turned off', () => {
    expect(pull(subject({ pullRequests: false }))).toBe('skip off');
  });

  it('from a fork waits for approval, or is never deployed', () => {
    const fork: Partial<PullRequestFacts> = { fork: true };
    expect(pull(subject(), { pullRequest: fork })).toBe('build pull/7 preview fork');
    expect(pull(subject({ forks: 'never' }), { pullRequest: fork })).toBe('skip fork');
    expect(pull(subject({ forks: 'never' }))).toBe('build feature preview');
  });

  it('is skipped by a mark in the head commit, not in its title', () => {
    expect(pull(subject(), {}, { message: '[skip vercel] x' })).toBe('skip mark');
    expect(pull(subject(), { pullRequest: { title: '[skip ci]' } })).toBe('build feature preview');
  });
});

describe('changed paths', () => {
  const changes = (rules: Partial<TriggerRules>, rootDirectory: string, ...changed: string[]) =>
    push(subject(rules, { rootDirectory }), {}, { changed: paths(...changed) });

  it('are not asked for if all count', () => {
    expect(push(subject(), {}, { changed: null })).toBe('build main production');
    expect(push(subject({}, { rootDirectory: '.' }), {}, { changed: null })).toBe('build main production');
    for (const of of [
      subject({ include: ['a'] }),
      subject({ exclude: ['a'] }),
      subject({}, { rootDirectory: 'apps/web' }),
    ])
      expect(push(of, {}, { changed: null })).toBe('ask changed');
  });

  it('are not asked for if the decision does not depend on them', () => {
    const of = subject({ include: ['a'], push: false });
    expect(push(of, {}, { changed: null, message: undefined })).toBe('skip off');
    expect(push(subject({ include: ['a'] }), {}, { changed: null, message: '[skip ci]' })).toBe('skip mark');
  });

  it('count if they are unknown', () => {
    const unknown: ChangedPaths = { known: false, reason: 'more than 300 files' };
    expect(push(subject({ include: ['a'], exclude: ['**'] }), {}, { changed: unknown })).toBe(
      'build main production',
    );
  });

  it('count if one of them is included and not excluded', () => {
    expect(changes({ include: ['src/**'] }, './', 'README.md', 'src/a')).toBe('build main production');
    expect(changes({ include: ['/src/**'] }, './', 'src/a')).toBe('build main production');
    expect(changes({ include: ['src/**'] }, './', 'README.md', 'a/src/b')).toBe('skip paths');
    expect(changes({ exclude: ['docs', '**/*.md'] }, './', 'docs/a', 'x/y.md')).toBe('skip paths');
    expect(changes({ exclude: ['docs', '**/*.md'] }, './', 'docs/a', 'x/y.ts')).toBe('build main production');
    expect(changes({ include: ['src'], exclude: ['src/test'] }, './', 'src/test/a', 'README.md')).toBe(
      'skip paths',
    );
    expect(changes({ include: ['src'] }, './')).toBe('skip paths');
  });

  it('in the root directory count for the apps of a monorepo, each by its own', () => {
    expect(changes({}, 'apps/web', 'apps/web/a')).toBe('build main production');
    expect(changes({}, './apps/web/', 'apps/web/a')).toBe('build main production');
    expect(changes({}, 'apps/web', 'apps/api/a', 'apps/website/a', 'apps/web.md', 'a/apps/web/b')).toBe(
      'skip paths',
    );
    expect(changes({}, 'apps/web', 'README.md', 'packages/ui/a')).toBe('skip paths');
    expect(changes({}, 'apps/web', 'pnpm-lock.yaml')).toBe('build main production');
    expect(changes({}, 'apps/web', 'apps/api/package-lock.json')).toBe('skip paths');
  });

  it('count in what include adds to the root directory', () => {
    const rules = { include: ['packages/ui/**'] };
    expect(changes(rules, 'apps/web', 'packages/ui/a')).toBe('build main production');
    expect(changes(rules, 'apps/web', 'apps/web/a')).toBe('build main production');
    expect(changes(rules, 'apps/web', 'packages/api/a')).toBe('skip paths');
    expect(changes({ exclude: ['apps/web/docs'] }, 'apps/web', 'apps/web/docs/a')).toBe('skip paths');
  });
});

describe('the comparison for changed paths', () => {
  it('is with where the branch was, and has to be linear', () => {
    expect(comparisonOf(pushOf())).toEqual({ base: sha('a'), head: sha('b'), linear: true });
    expect(comparisonOf(pullRequestOf({ action: 'synchronize', before: sha('c') }))).toEqual({
      base: sha('c'),
      head: sha('b'),
      linear: true,
    });
  });

  it('is with the base for what is new', () => {
    expect(comparisonOf(pushOf({ before: null, ref: branch('feature') }))).toEqual({
      base: 'main',
      head: sha('b'),
      linear: false,
    });
    expect(comparisonOf(pullRequestOf())).toEqual({ base: sha('a'), head: sha('b'), linear: false });
  });

  it('tells nothing of force-pushes, deletions, tags and the first push of a repository', () => {
    for (const event of [
      pushOf({ forced: true }),
      pushOf({ after: null }),
      pushOf({ ref: tag('v1') }),
      pushOf({ before: null }),
    ])
      expect(comparisonOf(event)).toBe(null);
  });
});

describe('for all rules', () => {
  const glob = fc.constantFrom('**', '*', 'docs/**', 'src', '/src', '*.md', 'v*', '[', '{a,b}');
  const rules: fc.Arbitrary<TriggerRules> = fc.record({
    push: fc.boolean(),
    pullRequests: fc.boolean(),
    branches: fc.constantFrom('all', 'production'),
    tags: fc.option(glob),
    include: fc.array(glob, { maxLength: 3 }),
    exclude: fc.array(glob, { maxLength: 3 }),
    forks: fc.constantFrom('approve', 'never'),
  });
  const anySubject: fc.Arbitrary<Subject> = fc.record({
    rules,
    productionBranch: fc.constantFrom('main', 'live'),
    rootDirectory: fc.constantFrom('./', '.', 'src', 'apps/web/'),
  });
  const anyFacts: fc.Arbitrary<Facts> = fc.record({
    changed: fc.oneof(
      fc.constant(null),
      fc.constant<ChangedPaths>({ known: false, reason: 'x' }),
      fc.array(fc.constantFrom('README.md', 'docs/a', 'src/a', 'apps/web/b')).map((list) => paths(...list)),
    ),
    message: fc.constantFrom('x', '[skip ci]', null, undefined),
  });
  const name = fc.constantFrom('main', 'live', 'feature', 'v1', '-x', 'a b');

  it('a fork never gets to production, and never without approval', () => {
    const event = fc
      .record({
        action: fc.constantFrom('opened', 'synchronize', 'reopened', 'closed', 'other'),
        fork: fc.boolean(),
        head: name,
      })
      .map(({ action, fork, head }) =>
        pullRequestOf({
          action,
          pullRequest: { fork, head: { branch: head, sha: sha('b'), repoUrl: null, message: null } },
        }),
      );
    fc.assert(
      fc.property(anySubject, event, anyFacts, (of, pullRequest, known) => {
        const decision = decidePullRequest(of, pullRequest, known);
        if (decision.kind !== 'build' && decision.kind !== 'skip') return;
        const { fork } = pullRequest.pullRequest;
        expect(decision.target).toMatchObject({ environment: 'preview', fork });
        if (fork) expect(decision.target.branch).toBe('pull/7');
        if (decision.kind === 'build') expect(fork && of.rules.forks === 'never').toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('a push is built or skipped as what it is, and asking for facts ends', () => {
    const event = fc
      .record({ kind: fc.constantFrom('branch', 'tag'), name, deleted: fc.boolean() })
      .map(({ kind, name: ref, deleted }) =>
        pushOf({ ref: { kind, name: ref }, after: deleted ? null : sha('b') }),
      );
    fc.assert(
      fc.property(anySubject, event, anyFacts, (of, pushed, known) => {
        const decision = decidePush(of, pushed, known);
        if (decision.kind === 'ask') {
          for (const fact of decision.facts) expect(known[fact] ?? undefined).toBe(undefined);
          const all = { changed: known.changed ?? paths('src/a'), message: known.message ?? null };
          expect(decidePush(of, pushed, all).kind).not.toBe('ask');
        }
        if (decision.kind !== 'build' && decision.kind !== 'skip') return;
        const { target } = decision;
        expect(target.fork).toBe(false);
        expect(target.environment === 'production').toBe(
          pushed.ref.kind === 'tag' || pushed.ref.name === of.productionBranch,
        );
        if (decision.kind === 'build' && pushed.ref.kind === 'branch') expect(of.rules.push).toBe(true);
        if (decision.kind === 'build' && pushed.ref.kind === 'tag') expect(of.rules.tags).not.toBe(null);
        if (known.message === '[skip ci]') expect(decision.kind).toBe('skip');
      }),
      { numRuns: 500 },
    );
  });
});
