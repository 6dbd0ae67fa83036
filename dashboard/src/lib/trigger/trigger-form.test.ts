import { DEFAULT_TRIGGERS, UpdateApp } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { app } from '../../testing/fixtures.ts';
import { TriggerForm } from './trigger-form.svelte.ts';

describe('the form of triggers', () => {
  test('returns what it was filled with, as the protocol accepts it', () => {
    for (const triggers of [
      DEFAULT_TRIGGERS,
      {
        push: false,
        pullRequests: false,
        branches: 'production' as const,
        tags: 'v*',
        include: ['apps/web/**', '/packages/**'],
        exclude: ['**/*.md'],
        forks: 'never' as const,
      },
    ]) {
      const form = new TriggerForm(app({ triggers }));
      expect(form.valid).toBe(true);
      expect(UpdateApp.parse(form.toChange(app().source))).toEqual({ triggers });
    }
  });

  test('reads patterns by line, once each, and drops blank lines', () => {
    const form = new TriggerForm(app());
    form.include = ' apps/web/** \n\napps/web/**\r\ndocs/**\n';
    form.tags = '  ';
    expect(form.toChange(app().source).triggers).toMatchObject({
      include: ['apps/web/**', 'docs/**'],
      tags: null,
    });
  });

  test('moves the production branch without losing the rest of the source', () => {
    const form = new TriggerForm(app());
    form.productionBranch = ' release ';
    expect(form.toChange(app().source).source).toEqual({ ...app().source, branch: 'release' });
    form.productionBranch = 'a..b';
    expect(form.problems.productionBranch).toBe('Invalid Git branch name');
  });

  test('names the pattern that is wrong, and limits their number', () => {
    const form = new TriggerForm(app());
    form.exclude = `docs/**\n${'x'.repeat(513)}`;
    expect(form.problems.exclude).toMatch(/^“x{60}…”: Use at most 512 characters\.$/);
    expect(form.problems.include).toBe(null);
    form.exclude = Array.from({ length: 51 }, (_, index) => `folder-${index}/**`).join('\n');
    expect(form.problems.exclude).toBe('Enter at most 50 patterns.');
    expect(form.valid).toBe(false);
  });
});
