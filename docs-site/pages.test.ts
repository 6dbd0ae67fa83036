import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { headingId, linkOnSite, navigationProblems, pageOf, SECTIONS } from './.vitepress/pages.ts';

describe('pageOf', () => {
  it.each([
    ['docs/server-sites.md', 'server-sites.md'],
    ['builder-images/README.md', 'builder-images.md'],
    ['CHANGELOG.md', 'changelog.md'],
    ['docs-site/index.md', 'index.md'],
    ['README.md', null],
    ['docs/monitoring/alerts.yml', null],
  ])('makes %s %s', (file, page) => {
    expect(pageOf(file)).toBe(page);
  });

  it('gives no page to two files', () => {
    const pages = SECTIONS.flatMap((section) => section.pages).map(({ file }) => pageOf(file));
    expect(new Set(pages).size).toBe(pages.length);
  });
});

describe('linkOnSite', () => {
  it.each([
    ['docs/api.md', 'git.md', '/git.md'],
    ['docs/api.md', '../builder-images/README.md#web', '/builder-images.md#web'],
    ['CHANGELOG.md', 'docs/operations.md#upgrading', '/operations.md#upgrading'],
    ['builder-images/README.md', '../docs/caches.md', '/caches.md'],
  ])('in %s turns %s into %s', (file, href, link) => {
    expect(linkOnSite(file, href)).toBe(link);
  });

  it.each([
    'https://example.com/docs/git.md',
    '#webhooks',
    '/git',
    'monitoring/alerts.yml',
    'missing.md',
    'mailto:a@b.c',
  ])('leaves %s as it is', (href) => {
    expect(linkOnSite('docs/api.md', href)).toBe(href);
  });
});

describe('headingId', () => {
  it.each([
    ['appflux.json', 'appfluxjson'],
    ['Bill of materials (SBOM)', 'bill-of-materials-sbom'],
    ['Who may see it?', 'who-may-see-it'],
    ['Größe & Zahl', 'größe--zahl'],
  ])('of %s is %s', (text, id) => {
    expect(headingId(text)).toBe(id);
  });
});

describe('the navigation', () => {
  it('has each file of docs/ and no other', async () => {
    const names = await readdir(join(import.meta.dirname, '..', 'docs'));
    const docs = names.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
    expect(navigationProblems(docs)).toEqual([]);
    expect(navigationProblems([...docs, 'docs/new.md'])).toEqual(['docs/new.md is not in the navigation']);
    expect(navigationProblems(docs.filter((file) => file !== 'docs/api.md'))).toEqual([
      'docs/api.md is in the navigation, but does not exist',
    ]);
  });
});
