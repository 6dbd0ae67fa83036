import { CreateApp } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { Draft } from './draft.svelte.ts';

describe('a new app', () => {
  test('from GitHub takes its name, branch, and folder from the URL', () => {
    const draft = new Draft();
    expect(draft.sourceProblem).toMatch(/Paste/);
    draft.url = 'https://github.com/ada/difference-engine/tree/next/apps/web';
    expect(draft.sourceProblem).toBe(null);
    draft.fillFromSource();
    draft.variables.addDotenv('API_URL=https://api.example.com');
    draft.build.outputs = 'dist\n\n public ';
    expect(draft.configured).toBe(true);
    expect(draft.toNewApp()).toEqual({
      name: 'Difference engine',
      slug: 'difference-engine',
      source: {
        provider: 'github',
        repoUrl: 'https://github.com/ada/difference-engine',
        branch: 'next',
        rootDirectory: 'apps/web',
        depth: 1,
      },
      build: {
        framework: null,
        installCommand: null,
        buildCommand: null,
        outputs: ['dist', 'public'],
        node: null,
        image: null,
        labels: [],
        timeoutSeconds: null,
      },
      envVars: { API_URL: 'https://api.example.com' },
    });
    expect(CreateApp.safeParse(draft.toNewApp()).error).toBe(undefined);
  });

  test('is accepted by the protocol, from any source', () => {
    const git = new Draft();
    git.kind = 'git';
    git.url = 'https://git.example.com/x/y.git';
    const upload = new Draft();
    upload.kind = 'upload';
    upload.file = new File(['x'], 'My_site.zip');
    for (const draft of [git, upload]) {
      draft.fillFromSource();
      expect(draft.configured).toBe(true);
      expect(CreateApp.safeParse(draft.toNewApp()).error).toBe(undefined);
    }
    expect(upload.toNewApp()).toMatchObject({ name: 'My site', source: { provider: 'upload' } });
  });

  test('suggests the other kind of source for a URL that is not on GitHub', () => {
    const draft = new Draft();
    draft.url = 'https://git.example.com/x/y.git';
    expect(draft.sourceProblem).toMatch(/choose Git repository/);
    draft.kind = 'git';
    expect(draft.sourceProblem).toBe(null);
  });

  test('keeps what was typed when the source is chosen again', () => {
    const draft = new Draft();
    draft.url = 'ada/engine';
    draft.name = 'Mine';
    draft.fillFromSource();
    expect(draft.name).toBe('Mine');
  });

  test.each([
    ['api', /is reserved/],
    ['Not A Slug', /lower-case/],
    ['two--hyphens', /single hyphens/],
    ['shop', /already used/],
    ['shop-2', null],
  ])('with the slug %s', (slug, problem) => {
    const draft = new Draft();
    draft.markUsed('shop');
    draft.slug = slug;
    if (problem === null) expect(draft.slugProblem).toBe(null);
    else expect(draft.slugProblem).toMatch(problem);
  });

  test('survives a reload without its secrets', () => {
    const draft = new Draft();
    draft.url = 'ada/engine';
    draft.fillFromSource();
    draft.variables.addDotenv('SECRET=s3cret');
    const snapshot = JSON.parse(JSON.stringify(draft.toSnapshot()));
    expect(JSON.stringify(snapshot)).not.toContain('s3cret');
    const restored = new Draft();
    expect(restored.blank).toBe(true);
    restored.restore(snapshot);
    expect(restored.toNewApp().source).toEqual(draft.toNewApp().source);
    expect(restored.name).toBe('Engine');
    expect(restored.blank).toBe(false);
  });
});

test('the suggestion for a used slug is not used, not reserved, and not too long', () => {
  const draft = new Draft();
  draft.name = 'Shop';
  expect(draft.suggestedSlug).toBe(null);
  draft.markUsed('shop');
  expect(draft.suggestedSlug).toBe('shop-2');
  draft.markUsed('shop-2');
  expect(draft.suggestedSlug).toBe('shop-3');
  draft.slug = 'shop-2';
  expect(draft.suggestedSlug).toBe('shop-3');
  draft.slug = 'a'.repeat(40);
  draft.markUsed(draft.slug);
  expect(draft.suggestedSlug).toBe(`${'a'.repeat(38)}-2`);
  draft.slug = draft.suggestedSlug ?? '';
  expect(draft.slugProblem).toBe(null);
  expect(draft.suggestedSlug).toBe(null);
});
