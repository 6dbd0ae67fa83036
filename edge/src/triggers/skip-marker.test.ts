import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { skipMark } from './skip-marker.ts';

describe('a mark in a commit message', () => {
  it.each([
    '[skip ci]',
    '[ci skip]',
    '[no ci]',
    '[skip actions]',
    '[actions skip]',
    '***NO_CI***',
    '[skip vercel]',
    '[vercel skip]',
    '[skip netlify]',
    '[netlify skip]',
    '[skip cf]',
    '[cf skip]',
    '[CI Skip]',
    '[CF-Pages-Skip]',
    '[skip-cd]',
    '[skip render]',
    '[render skip]',
    '[skip preview]',
    '[appflux skip]',
    '[skip appflux]',
    '[skip ci/cd]',
  ])('%s is found anywhere and in any case', (mark) => {
    for (const message of [mark, `docs: a typo ${mark}`, `${mark} docs`, `docs\n\nA body.\n${mark}\nmore`])
      for (const text of [message, message.toUpperCase(), message.toLowerCase()])
        expect(skipMark(text)?.toLowerCase(), text).toBe(mark.toLowerCase());
  });

  it.each(['skip-checks: true', 'skip-checks:true', 'Skip-Checks: TRUE'])(
    '%s is found as a trailer',
    (trailer) => {
      expect(skipMark(`docs: a typo\n\n\n${trailer}`)).toBe(trailer);
      expect(skipMark(`docs: a typo\r\n\r\nReviewed-by: Ada\r\n${trailer}\r\n`)).toBe(trailer);
    },
  );

  it.each([
    '',
    'skip ci',
    'ci skip',
    '(skip ci)',
    '[skip]',
    '[ci]',
    '[skip ci',
    'skip ci]',
    '[skip  ]',
    '[skip cid]',
    '[skipci]',
    '[don’t skip ci]',
    '[do not skip ci]',
    '[skip ci please]',
    '[no skip]',
    '[no vercel]',
    '[skip the intro]',
    'array[skip_index]',
    '**NO_CI**',
    'skip-checks: true',
    'docs\n\nskip-checks: true\n\nSigned-off-by: Ada',
    'docs\n\nskip-checks: false',
    'docs\n\nThis adds skip-checks: true to the message',
    'Use [link](https://example.com/skip-ci)',
  ])('%j has none', (message) => {
    expect(skipMark(message)).toBe(null);
  });

  it('is read in time in proportion to the message', () => {
    expect(skipMark('['.repeat(1_000_000))).toBe(null);
    expect(skipMark(`x\n\n${' \n\t'.repeat(300_000)}skip-checks`)).toBe(null);
  });

  it('is in no message without brackets, asterisks or a trailer', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }).filter((text) => !/[[*]|skip-checks/i.test(text)),
        (text) => skipMark(text) === null,
      ),
    );
  });
});
