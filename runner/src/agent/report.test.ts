import type { Plan } from '@appflux/protocol';
import { RunnerToDeployment } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import type { AttemptReport } from '../job/outcome.ts';
import type { Notice } from '../job/pipeline.ts';
import { maskWith } from '../masking/mask.ts';
import { Secrets } from '../masking/secrets.ts';
import { own, say } from '../masking/sentence.ts';
import { SAMPLE_PLAN } from '../testing/agent.ts';
import { maskedNotice, maskedQuestion, maskedResult } from './report.ts';

const SECRET = 'hunter2-secret';
/** Also words of AppFlux, which stay. */
const WORDS = ['vite', 'build', 'appflux/web-builder', 'web', 'production'];
const mask = maskWith(new Secrets([SECRET, ...WORDS]));

const plan = (change: Partial<Plan>): Plan => ({ ...SAMPLE_PLAN, ...change });
const noticeOf = (change: Partial<Plan>, more: Partial<Extract<Notice, { type: 'plan' }>> = {}) =>
  maskedNotice({ type: 'plan', attempt: 1, plan: plan(change), version: '1.0.0', ...more }, mask);

/** What the edge would take of a frame; it takes nothing else. */
const parsed = (frame: unknown) => RunnerToDeployment.parse(frame);

describe('a plan', () => {
  test.each<[string, Partial<Plan>]>([
    ['reasons', { reasons: [`Build command: x ${SECRET}`] }],
    ['installCommand', { installCommand: `npm ci --token=${SECRET}` }],
    ['buildCommand', { buildCommand: `TOKEN='${SECRET}' npm run x` }],
    ['outputs', { outputs: [`dist/${SECRET}`] }],
    ['image', { image: `registry.example.com/${SECRET}` }],
    ['node', { node: SECRET }],
    ['flutter', { flutter: SECRET }],
    ['tools, by value', { tools: { node: SECRET } }],
    ['tools, by name', { tools: { [SECRET]: '1' } }],
    [
      'alternatives',
      {
        alternatives: [
          {
            type: 'web',
            framework: 'vite',
            set: { rootDirectory: `apps/${SECRET}`, type: null, framework: null },
          },
        ],
      },
    ],
  ])('has no secret in its %s', (_, change) => {
    const frame = parsed(noticeOf(change));
    expect(JSON.stringify(frame)).not.toContain('hunter2');
    expect(JSON.stringify(frame)).toContain('***');
  });

  test('has none in its version, nor in a reason that was shortened in the middle of it', () => {
    const frame = noticeOf(
      {},
      { version: SECRET, reasons: [say`Command: ${'x'.repeat(20)}${SECRET.slice(0, 9)}…`] },
    );
    expect(JSON.stringify(parsed(frame))).not.toContain('hunter2');
  });

  test('keeps what AppFlux calls things, and its own words in reasons', () => {
    const reasons = [say`Framework: ${own('vite')}, because its build is in ${'build.ts'}.`];
    expect(parsed(noticeOf({ imageDigest: 'sha256:build' }, { reasons }))).toMatchObject({
      plan: {
        type: 'web',
        framework: 'vite',
        packageManager: 'npm',
        image: 'appflux/web-builder',
        imageDigest: 'sha256:build',
        reasons: ['Framework: vite, because its build is in ***.ts.'],
      },
    });
  });
});

test('a source has no secret in its commit message, also where that is cut', () => {
  const commit = { commitHash: 'abc1234', branch: 'production' };
  for (const message of [`Add ${SECRET}`, `${'x'.repeat(1990)}${SECRET}`]) {
    const frame = parsed(
      maskedNotice({ type: 'source', attempt: 1, ...commit, commitMessage: message }, mask),
    );
    expect(frame).toMatchObject(commit);
    expect(JSON.stringify(frame)).not.toContain('hunter2');
  }
});

test('release notes have no secret, also where they are cut', () => {
  for (const text of [`- Uses ${SECRET}`, `${'x'.repeat(59_995)}${SECRET}`.slice(0, 60_000)]) {
    const notice = { type: 'details', attempt: 1, notes: { text, source: 'changelog' }, icon: null } as const;
    expect(JSON.stringify(parsed(maskedNotice(notice, mask)))).not.toContain(SECRET);
  }
});

describe('an artifact', () => {
  const upload = {
    type: 'upload',
    attempt: 1,
    request: 'r',
    name: 'app.apk',
    size: 1,
    sha256: '0'.repeat(64),
    contentType: 'application/zip',
    meta: {},
  } as const;

  test('has no secret in its facts, be they texts or numbers', () => {
    const meta = {
      label: `App ${SECRET}`,
      versionCode: 12345678,
      signed: true,
      files: 12345678,
      platform: 'web',
    };
    const digits = maskWith(new Secrets([SECRET, '12345678']));
    expect(maskedQuestion({ ...upload, meta }, digits)).toMatchObject({
      meta: { label: 'App ***', versionCode: '***', signed: true, files: 12345678, platform: 'web' },
    });
  });

  test('has the same name without a secret in every frame', () => {
    const name = `app-${SECRET}.apk`;
    const asked = parsed(maskedQuestion({ ...upload, name }, mask));
    const parts = [{ partNumber: 1, etag: 'x' }];
    const put = parsed(maskedQuestion({ type: 'uploaded', attempt: 1, request: 'r', name, parts }, mask));
    const done = maskedResult({ status: 'success', artifacts: [name] }, mask, true);
    expect(asked).toMatchObject({ name: 'app--.apk' });
    expect(put).toMatchObject({ name: 'app--.apk' });
    expect(done).toEqual({ status: 'success', artifacts: ['app--.apk'] });
  });
});

describe('a result', () => {
  const failed = (change: object): AttemptReport => ({
    status: 'failed',
    failure: {
      code: 'build_failed',
      message: 'It failed.',
      phase: 'building',
      hint: 'Fix it.',
      candidates: [],
      location: null,
      ...change,
    },
  });
  const shown = (report: AttemptReport) => {
    const result = maskedResult(report, mask, true);
    expect(parsed({ type: 'finish', attempt: 1, result })).toBeDefined();
    return result;
  };

  test('has no secret in its message, its hint, or its candidates', () => {
    const set = { rootDirectory: `apps/${SECRET}`, type: null, framework: null };
    const result = shown(
      failed({
        message: say`The build command (${`x ${SECRET} build`}) ended with exit code ${1}.`,
        hint: `Set ${SECRET}.`,
        candidates: [{ type: 'web', framework: 'vite', set }],
      }),
    );
    expect(result).toEqual({
      status: 'failed',
      failure: {
        code: 'build_failed',
        message: 'The build command (x *** ***) ended with exit code 1',
        phase: 'building',
        hint: 'Set ***.',
        candidates: [{ type: 'web', framework: 'vite', set: { ...set, rootDirectory: 'apps/***' } }],
      },
    });
  });

  test('has no secret in its location, and none of it for an edge that does not take it', () => {
    const location = { path: `src/${SECRET}/main.ts`, line: 3, column: 1, seq: 40 };
    const masked = { ...location, path: 'src/***/main.ts' };
    expect(shown(failed({ location }))).toMatchObject({ failure: { location: masked } });
    const { failure } = Object(maskedResult(failed({ location }), mask, false));
    expect(failure).not.toHaveProperty('location');
    expect(failure.message).toBe('It failed');
    expect(Object(shown(failed({}))).failure).not.toHaveProperty('location');
  });

  test('is cut to what a record holds', () => {
    const long = 'x'.repeat(5000);
    const location = { path: long, line: 1, column: null, seq: null };
    expect(shown(failed({ message: long, hint: own(long), location }))).toMatchObject({
      failure: {
        message: long.slice(0, 2000),
        hint: long.slice(0, 2000),
        location: { path: long.slice(0, 500) },
      },
    });
    expect(shown({ status: 'skipped', reason: long })).toEqual({
      status: 'skipped',
      reason: long.slice(0, 500),
    });
  });

  test('of a skipped build has no secret in its reason', () => {
    const reason = say`ignoreCommand (${`test ${SECRET}`}) ended with exit code ${0}`;
    expect(shown({ status: 'skipped', reason })).toEqual({
      status: 'skipped',
      reason: 'ignoreCommand (test ***) ended with exit code 0',
    });
  });
});
