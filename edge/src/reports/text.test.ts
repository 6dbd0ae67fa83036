import { describe, expect, test } from 'vitest';
import type { ReportFacts } from './host-client.ts';
import { sampleFacts } from './testing/sample-facts.ts';
import { commentBody, commentMarker, escaped, statusContext, statusDescription, statusUrl } from './text.ts';

const facts = (change: Partial<ReportFacts> = {}) => sampleFacts(change);

describe('a commit’s status', () => {
  test('is listed under the app and environment', () => {
    expect(statusContext(facts({ environment: 'production' }))).toBe('AppFlux / harbor');
    expect(statusContext(facts({ environment: 'preview' }))).toBe('AppFlux / harbor (preview)');
  });

  test.each([
    [{ state: 'queued' }, 'Queued'],
    [{ state: 'approval' }, 'Waiting for approval'],
    [{ state: 'success', durationSeconds: 42.4 }, 'Ready in 42 s'],
    [{ state: 'success', durationSeconds: 185 }, 'Ready in 3 min 5 s'],
    [
      { state: 'success', durationSeconds: 42, overBudget: ['a'] },
      'Ready in 42 s, a size budget is exceeded',
    ],
    [
      { state: 'success', durationSeconds: 42, overBudget: ['a', 'b'] },
      'Ready in 42 s, 2 size budgets are exceeded',
    ],
    [{ state: 'skipped', skipped: 'No file of this app changed' }, 'Skipped: No file of this app changed'],
    [{ state: 'failed', failure: { code: 'build_failed', message: 'a\nb', hint: 'c' } }, 'Failed: a b'],
  ] satisfies [Partial<ReportFacts>, string][])('%o reads %s', (change, description) => {
    expect(statusDescription(facts(change))).toBe(description);
  });

  test('has at most 140 characters, none of them half', () => {
    const message = '😀'.repeat(300);
    const description = statusDescription(
      facts({ state: 'failed', failure: { code: 'build_failed', message, hint: '' } }),
    );
    expect([...description]).toHaveLength(140);
    expect(description.isWellFormed()).toBe(true);
  });

  test('leads to the site once there is one, and to the log until then', () => {
    expect(statusUrl(facts({ state: 'building' }))).toBe(facts().urls.log);
    expect(statusUrl(facts({ state: 'success' }))).toBe(facts().urls.site);
    expect(statusUrl(facts({ state: 'success', urls: { ...facts().urls, site: null } }))).toBe(
      facts().urls.page,
    );
  });
});

describe('the comment on a pull request', () => {
  const marker = commentMarker('0e2f8a64-9f5c-4a8b-8f0d-1f2e3d4c5b6a');

  test('begins with its marker and lists the apps by name, with state, preview, log and QR code', () => {
    const body = commentBody(marker, [
      facts({ app: { id: '1'.repeat(24), slug: 'web', name: 'Web' }, state: 'building' }),
      facts({ app: { id: '2'.repeat(24), slug: 'api', name: 'Docs' }, state: 'success' }),
    ]);
    const lines = body.split('\n');
    expect(lines[0]).toBe(marker);
    expect(lines.findIndex((line) => line.startsWith('| Docs | Ready | [Open preview]'))).toBeGreaterThan(0);
    expect(lines.findIndex((line) => line.startsWith('| Web | Building |  | [View log]'))).toBeGreaterThan(
      lines.findIndex((line) => line.startsWith('| Docs |')),
    );
    expect(body.match(/<img /g)).toHaveLength(1);
  });

  test.each([
    ['a table', 'a | b\n| --- |\n| c'],
    ['a link', '[x](https://evil.example) <https://evil.example> https://evil.example www.evil.example'],
    ['HTML', '<img src=x onerror=alert(1)><!-- --></details>'],
    ['an image', '![x](https://evil.example/x.png)'],
    ['a code span', '`` ` ``'],
    ['emphasis', '**a** __b__ ~~c~~'],
    ['a reference that is written already', '&#124; &lt;b&gt;'],
  ])('%s in a name or message is text', (_, hostile) => {
    const body = commentBody(marker, [
      facts({
        app: { id: '1'.repeat(24), slug: 'web', name: hostile },
        state: 'failed',
        failure: { code: 'build_failed', message: hostile, hint: '' },
      }),
    ]);
    const row = body.split('\n').find((line) => line.includes('| Failed |'));
    // Five cells: nothing in the name made another one.
    expect(row?.split('|')).toHaveLength(7);
    const own = body
      .replace(marker, '')
      .replaceAll('[View log]', '')
      .replaceAll(/\(<[^>]*>\)/g, '');
    expect(own.replaceAll('**', '').replaceAll(/^\|.*:--.*$/gm, '')).not.toMatch(/[<>`[\]*_~!]|https:|www\./);
  });

  test('mentions nobody and refers to no issue', () => {
    for (const sigil of ['@', '#', '!', '$', '%', '~', '&', 'GH-']) {
      const resolved = escaped(`x ${sigil}octocat1`).replaceAll(/&#(\d+);/g, (_, code) =>
        String.fromCodePoint(Number(code)),
      );
      expect(resolved).toBe(`x ${sigil}\u2060octocat1`);
    }
  });

  test('links to no address in a name, although Gitea looks for them in the finished page', () => {
    for (const address of ['https://evil.example', 'www.evil.example', 'ssh://evil.example']) {
      const resolved = escaped(address).replaceAll(/&#(\d+);/g, (_, code) =>
        String.fromCodePoint(Number(code)),
      );
      expect(resolved).not.toBe(address);
      expect(resolved.replaceAll('\u2060', '')).toBe(address);
      expect(resolved).not.toMatch(/:\/\/|www\./);
    }
  });

  test('stays within what hosts take, however many apps and however long their names', () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      facts({
        app: { id: String(index).padStart(24, '0'), slug: `app-${index}`, name: '|'.repeat(400) },
        state: 'failed',
        failure: { code: 'build_failed', message: '<'.repeat(2000), hint: '' },
      }),
    );
    const body = commentBody(marker, many);
    expect(body.length).toBeLessThanOrEqual(60_000);
    expect(body).toContain('150 more apps are not listed here.');
  });
});
