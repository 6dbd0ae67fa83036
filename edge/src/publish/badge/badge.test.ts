import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { beforeAll, describe, expect, test } from 'vitest';
import { newObjectId } from '../../metadata/object-id.ts';
import { forgetAll, request } from '../../testing/worker.ts';
import { artifactsNamed } from '../testing/artifacts.ts';
import { givenApp, givenDeployment } from '../testing/published.ts';
import { badgeSvg } from './draw.ts';

beforeAll(forgetAll);

const svgOf = (message: string) => String(badgeSvg({ label: 'release', message, state: 'good' }));
const sizeOf = (svg: string) => {
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  return { width: Number(width), height: Number(height) };
};

describe('a badge', () => {
  test('is as high as others, and as wide as its text', () => {
    expect(sizeOf(svgOf('1.4.2'))).toEqual({ width: 100, height: 20 });
    expect(sizeOf(svgOf('2026.11.29-beta.1')).width).toBeGreaterThan(140);
  });

  test('shows markup as the text it is', () => {
    const message = `"/><script>alert(1)</script>&`;
    const svg = svgOf(message);
    expect(svg).not.toContain('<script');
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(new XMLParser({ processEntities: true }).parse(svg).svg.title).toBe(`release: ${message}`);
  });

  test('of whatever version is well-formed, of a bounded size, and holds no character that reorders text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (message) => {
        const svg = svgOf(message);
        expect(XMLValidator.validate(svg)).toBe(true);
        expect(sizeOf(svg).width).toBeLessThan(560);
        expect(svg).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/u);
        expect(svg).not.toMatch(/<(?!\/?(?:svg|title|clipPath|rect|g|text)\b)/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('badge.svg', () => {
  test('says which version is released, and is kept for a minute', async () => {
    const app = await givenApp({ slug: `app-${newObjectId()}` });
    await givenDeployment(app, {}, { ...artifactsNamed('a.zip'), version: '1.4.2' });
    const response = await request(`/a/${app.slug}/badge.svg`);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('image/svg+xml; charset=utf-8');
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=60');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(response.headers.get('Content-Security-Policy')).toContain('sandbox');
    expect(await response.text()).toContain('<title>release: 1.4.2</title>');
    const again = await request(`/a/${app.slug}/badge.svg`, {
      headers: { 'If-None-Match': response.headers.get('ETag') ?? '' },
    });
    expect(again.status).toBe(304);
  });

  test('of an app without a release says so; of no app it is a badge, too, with 404', async () => {
    const app = await givenApp({ slug: `app-${newObjectId()}` });
    const none = await request(`/a/${app.slug}/badge.svg`);
    expect([none.status, await none.text()]).toEqual([200, expect.stringContaining('release: none')]);
    const unknown = await request('/a/no-such-app/badge.svg');
    expect([unknown.status, await unknown.text()]).toEqual([
      404,
      expect.stringContaining('release: not found'),
    ]);
    expect(unknown.headers.get('Cache-Control')).toBe('no-store');
  });
});
