import { expect, test, vi } from 'vitest';
import { decide } from './decide.ts';
import { decided } from './decided.ts';
import { get, PUBLIC, site } from './testing/site.ts';

const SITE = site(['index.html', 'about.html', 'app.js', '404.html'], { spaFallback: true });

test('what is remembered is what would be decided', () => {
  const headers = [
    {},
    { 'Accept-Encoding': 'br' },
    { 'Accept-Encoding': 'gzip' },
    { Accept: 'text/html' },
    { 'Sec-Fetch-Dest': 'script' },
    { 'Sec-Fetch-Mode': 'navigate' },
    { 'If-None-Match': '*' },
    { Range: 'bytes=0-1' },
    { 'Cache-Control': 'no-transform', 'Accept-Encoding': 'br' },
    { 'Service-Worker': 'script' },
  ];
  const settings = [
    PUBLIC,
    { ...PUBLIC, isPublic: false },
    { ...PUBLIC, isPreview: true },
    { ...PUBLIC, isSkewed: true },
    { ...PUBLIC, spaFallback: false },
  ];
  for (let time = 0; time < 2; time += 1)
    for (const path of ['/', '/about', '/app.js', '/missing', '/missing?x', '/about.html'])
      for (const method of ['GET', 'HEAD', 'POST'])
        for (const asked of headers)
          for (const setting of settings) {
            const request = get(path, asked, method);
            expect(decided(SITE, request, setting)).toEqual(decide(SITE, request, setting));
          }
});

test('changing an answer’s headers changes no later answer', () => {
  for (let time = 0; time < 3; time += 1) {
    const decision = decided(SITE, get('/'), PUBLIC);
    if (decision.kind !== 'file') throw new Error('no file');
    expect(decision.headers.get('Set-Cookie')).toBeNull();
    decision.headers.append('Set-Cookie', 'a=b');
  }
});

test('answers with long headers don’t fill the memory', () => {
  const heavy = site(['index.html'], {
    headers: Array.from({ length: 20 }, (_, n) => ({
      host: null,
      pattern: {
        before: [],
        splat: { capture: 'splat', prefix: '', suffix: '', least: 'nothing' },
        after: [],
        slash: 'any',
      },
      query: [],
      unless: [],
      operations: [{ operation: 'set', name: `x-long-${n}`, value: ['x'.repeat(2_000)] }],
    })),
  });
  const lookups = vi.spyOn(heavy.files as Map<string, unknown>, 'get');
  for (let n = 0; n < 1_000; n += 1) decided(heavy, get(`/?${n}`), PUBLIC);
  lookups.mockClear();
  // 40 KB of headers each: the first of them can't all be remembered.
  decided(heavy, get('/?0'), PUBLIC);
  expect(lookups).toHaveBeenCalled();
  lookups.mockClear();
  decided(heavy, get('/?999'), PUBLIC);
  expect(lookups).not.toHaveBeenCalled();
});
