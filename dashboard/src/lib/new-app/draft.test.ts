import { CreateApp } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { Draft } from './draft.svelte.ts';

describe('a new app', () => {
  test('from GitHub is named after its repository and takes branch and folder from the address', () => {
    const draft = new Draft();
    expect(draft.sourceProblem).toMatch(/Paste/);
    draft.address = 'https://github.com/ada/difference-engine/tree/next/apps/web';
    expect(draft.sourceProblem).toBe(null);
    draft.adoptSource();
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

  test('is what the protocol takes, from any source', () => {
    const git = new Draft();
    git.kind = 'git';
    git.address = 'https://git.example.com/x/y.git';
    const upload = new Draft();
    upload.kind = 'upload';
    upload.file = new File(['x'], 'My_site.zip');
    for (const draft of [git, upload]) {
      draft.adoptSource();
      expect(draft.configured).toBe(true);
      expect(CreateApp.safeParse(draft.toNewApp()).error).toBe(undefined);
    }
    expect(upload.toNewApp()).toMatchObject({ name: 'My site', source: { provider: 'upload' } });
  });

  test('asks for the other kind of source when the address is not on GitHub', () => {
    const draft = new Draft();
    draft.address = 'https://git.example.com/x/y.git';
    expect(draft.sourceProblem).toMatch(/choose Git repository/);
    draft.kind = 'git';
    expect(draft.sourceProblem).toBe(null);
  });

  test('keeps what was written when the source is chosen again', () => {
    const draft = new Draft();
    draft.address = 'ada/engine';
    draft.name = 'Mine';
    draft.adoptSource();
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
    draft.markTaken('shop');
    draft.slug = slug;
    if (problem === null) expect(draft.slugProblem).toBe(null);
    else expect(draft.slugProblem).toMatch(problem);
  });

  test('outlives a reload without its secrets', () => {
    const draft = new Draft();
    draft.address = 'ada/engine';
    draft.adoptSource();
    draft.variables.addDotenv('SECRET=s3cret');
    const memo = JSON.parse(JSON.stringify(draft.toMemo()));
    expect(JSON.stringify(memo)).not.toContain('s3cret');
    const restored = new Draft();
    expect(restored.blank).toBe(true);
    restored.restore(memo);
    expect(restored.toNewApp().source).toEqual(draft.toNewApp().source);
    expect(restored.name).toBe('Engine');
    expect(restored.blank).toBe(false);
  });
});

test('for a slug that is taken another one is proposed, which is neither taken nor kept nor too long', () => {
  const draft = new Draft();
  draft.name = 'Shop';
  expect(draft.proposedSlug).toBe(null);
  draft.markTaken('shop');
  expect(draft.proposedSlug).toBe('shop-2');
  draft.markTaken('shop-2');
  expect(draft.proposedSlug).toBe('shop-3');
  draft.slug = 'shop-2';
  expect(draft.proposedSlug).toBe('shop-3');
  draft.slug = 'a'.repeat(40);
  draft.markTaken(draft.slug);
  expect(draft.proposedSlug).toBe(`${'a'.repeat(38)}-2`);
  draft.slug = draft.proposedSlug ?? '';
  expect(draft.slugProblem).toBe(null);
  expect(draft.proposedSlug).toBe(null);
});
