import { describe, expect, test } from 'vitest';
import { app, artifact, deployment, idOf } from '../../testing/fixtures.ts';
import { openTarget } from '../deployment/open-target.ts';
import { consequences, identifiers, releaseKind } from './release-kind.ts';

const current = deployment({ id: idOf(5), status: 'success', createdAt: '2026-11-10T12:00:00.000Z' });
const live = { app: app({ release: current.id }), current };
const older = { status: 'success', createdAt: '2026-11-09T12:00:00.000Z' } as const;
const newer = { status: 'success', createdAt: '2026-11-11T12:00:00.000Z' } as const;
const site = { ...deployment().urls, page: 'http://127.0.0.1:8787/a/x', site: 'http://1--x.sites.localhost' };

describe('how a deployment can go live', () => {
  test.each([
    ['an older production deployment', deployment(older), 'rollBack'],
    ['a newer production deployment', deployment(newer), 'promote'],
    ['an older preview', deployment({ ...older, environment: 'preview' }), 'promote'],
    [
      'an older preview that was live before',
      deployment({ ...older, environment: 'preview', promotedAt: older.createdAt }),
      'rollBack',
    ],
    ['the release itself', current, null],
    ['a failed one', deployment({ ...older, status: 'failed' }), null],
    ['one whose files are gone', deployment({ ...older, artifactsRemovedAt: newer.createdAt }), null],
  ])('%s', (_, candidate, kind) => {
    expect(releaseKind(candidate, live)).toBe(kind);
  });

  test('is a promotion as long as the release isn’t loaded, or there is none', () => {
    expect(releaseKind(deployment(older), { ...live, current: null })).toBe('promote');
    expect(releaseKind(deployment(older), { app: app(), current: null })).toBe('promote');
  });
});

test('a deployment is identified by its version, commit and day', () => {
  expect(identifiers(deployment({ version: '2.4.0', finishedAt: '2026-11-10T12:00:00.000Z' }))).toBe(
    'Version 2.4.0 · 9b1c4f0 · Nov 10, 2026',
  );
  expect(identifiers(deployment({ commitHash: null }))).toBe('Nov 10, 2026');
});

describe('the consequences of a release', () => {
  const text = (...args: Parameters<typeof consequences>) => consequences(...args).join(' ');

  test('name the host of the site whose visitors get it', () => {
    const of = { ...live, app: app({ urls: { ...app().urls, site: 'http://harbor.sites.localhost:8787' } }) };
    expect(text(deployment({ ...older, urls: site }), of)).toMatch(
      /^Visitors of harbor\.sites\.localhost:8787 /,
    );
    const files = deployment({ ...older, artifacts: [artifact()] });
    expect(text(files, of)).toContain('offer its file.');
    expect(text(files, of)).toContain('harbor.sites.localhost:8787 stops working');
    expect(text(files, live)).not.toContain('stops working');
  });

  test('say whether the next deployment replaces it', () => {
    expect(text(deployment(older), live)).toContain('goes live again');
    for (const over of [{ releaseLocked: true }, { autoRelease: false }]) {
      expect(text(deployment(older), { ...live, app: app(over) })).toContain('until you promote another');
    }
  });

  test('say that a preview counts as production from then on', () => {
    expect(text(deployment({ ...older, environment: 'preview' }), live)).toContain('counts as production');
    expect(text(deployment(older), live)).not.toContain('counts as production');
  });
});

describe('where a deployment is opened', () => {
  test.each([
    ['a site, at its own URL', { urls: site }, { href: site.site, label: 'Open' }],
    [
      'the site of a preview, at its own URL',
      { urls: site, environment: 'preview' },
      { href: site.site, label: 'Open' },
    ],
    [
      'files, on the download page',
      { urls: { ...deployment().urls, page: site.page } },
      { href: site.page, label: 'Download page' },
    ],
    [
      'files of a preview, nowhere: the download page doesn’t have them',
      { urls: { ...deployment().urls, page: site.page }, environment: 'preview' },
      null,
    ],
    ['a removed site, nowhere', { urls: site, artifactsRemovedAt: newer.createdAt }, null],
    ['a failed one, nowhere', { status: 'failed', urls: site }, null],
  ] as const)('%s', (_, over, target) => {
    expect(openTarget(deployment({ status: 'success', ...over }))).toEqual(target);
  });
});
