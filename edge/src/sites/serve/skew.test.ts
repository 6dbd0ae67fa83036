import { describe, expect, test } from 'vitest';
import { COOKIE_FOR_MS, firstRelease, marksPages, releaseCookieFor, type SkewFacts } from './skew.ts';

const OLD = 'a'.repeat(24);
const NEW = 'b'.repeat(24);
const HOST = 'docs.sites.example:8787';
const PAGE = `http://${HOST}/guide/`;

const of = (headers: Record<string, string>, more: Partial<SkewFacts> = {}) =>
  firstRelease({
    current: NEW,
    previous: OLD,
    elapsedMs: 5_000,
    host: HOST,
    ...more,
    headers: new Headers(headers),
  });

const STYLE = { 'Sec-Fetch-Dest': 'style', 'Sec-Fetch-Site': 'same-origin', Referer: PAGE };
const DATA = { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Site': 'same-origin', Referer: PAGE };
const cookie = (release: string) => ({ Cookie: `theme=dark; appflux_release=${release}; a=b` });

describe('a page that was loaded right before the release', () => {
  test.each<[string, Record<string, string>]>([
    ['gets its style sheet', STYLE],
    [
      'gets its style sheet without saying where it is',
      { 'Sec-Fetch-Dest': 'style', 'Sec-Fetch-Site': 'same-origin' },
    ],
    [
      'gets what its style sheet asks for',
      { ...STYLE, 'Sec-Fetch-Dest': 'font', Referer: `http://${HOST}/a.css` },
    ],
    ['gets its data', DATA],
    ['gets its parts over plain http, where browsers say less', { Referer: PAGE, Accept: 'image/avif,*/*' }],
  ])('%s', (_, headers) => {
    expect(of(headers)).toBe(OLD);
    expect(of(headers, { elapsedMs: 29_999 })).toBe(OLD);
    expect(of(headers, { elapsedMs: 30_000 })).toBe(NEW);
  });
});

describe('the current release answers', () => {
  test.each<[string, Record<string, string>]>([
    [
      'a navigation',
      {
        'Sec-Fetch-Dest': 'document',
        'Sec-Fetch-Mode': 'navigate',
        'Sec-Fetch-Site': 'same-origin',
        Referer: PAGE,
      },
    ],
    ['a navigation of an old browser', { Accept: 'text/html', Referer: PAGE }],
    ['a page in a frame', { 'Sec-Fetch-Dest': 'iframe', 'Sec-Fetch-Site': 'same-origin', Referer: PAGE }],
    ['a page that is fetched ahead', { ...DATA, 'Sec-Purpose': 'prefetch' }],
    ['a program', { Accept: '*/*', 'User-Agent': 'curl/8' }],
    ['another site', { ...STYLE, 'Sec-Fetch-Site': 'cross-site', Referer: 'https://other.example/' }],
    ['another site over plain http', { Referer: 'http://other.example/' }],
    ['a site on another port', { Referer: 'http://docs.sites.example:8788/' }],
    [
      'a service worker',
      { 'Service-Worker': 'script', 'Sec-Fetch-Dest': 'serviceworker', 'Sec-Fetch-Site': 'same-origin' },
    ],
    ['what a service worker stores', { ...DATA, Referer: `http://${HOST}/sw.js` }],
    [
      'what a page fetches without saying where it is',
      { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Site': 'same-origin' },
    ],
    ['an app that is being installed', { ...STYLE, 'Sec-Fetch-Dest': 'manifest' }],
    ['nonsense', { Referer: '::', 'Sec-Fetch-Dest': '', Cookie: ';;=;appflux_release' }],
  ])('%s', (_, headers) => {
    expect(of(headers)).toBe(NEW);
    expect(of({ ...headers, ...cookie(OLD) })).toBe(NEW);
  });

  test('when there was none before, or its time is over', () => {
    expect(of(STYLE, { previous: null })).toBe(NEW);
    expect(of({ ...STYLE, ...cookie(OLD) }, { elapsedMs: COOKIE_FOR_MS })).toBe(NEW);
    expect(of(STYLE, { elapsedMs: -1 })).toBe(NEW);
  });
});

describe('a page with the cookie', () => {
  test('gets the files of its release', () => {
    expect(of({ ...STYLE, ...cookie(OLD) }, { elapsedMs: 300_000 })).toBe(OLD);
    expect(of({ ...STYLE, ...cookie(NEW) })).toBe(NEW);
    expect(of({ ...DATA, ...cookie(NEW) })).toBe(NEW);
  });

  test.each(['c'.repeat(24), 'A'.repeat(24), '../x', '%00', OLD.slice(1), ''])(
    'of no release that could answer: %j',
    (value) => {
      expect(of({ ...STYLE, ...cookie(value) }, { elapsedMs: 60_000 })).toBe(NEW);
    },
  );

  test('gets it within minutes after a release, on this host alone', () => {
    expect(marksPages({ previous: OLD, elapsedMs: 0 })).toBe(true);
    expect(marksPages({ previous: OLD, elapsedMs: COOKIE_FOR_MS })).toBe(false);
    expect(marksPages({ previous: null, elapsedMs: 0 })).toBe(false);
    expect(releaseCookieFor(NEW, true)).toBe(
      `appflux_release=${NEW}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure`,
    );
    expect(releaseCookieFor(NEW, false)).not.toMatch(/Secure|Domain/);
  });
});
