import { describe, expect, test } from 'vitest';
import { languageFor } from './languages.ts';

describe('the browser’s languages', () => {
  test.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-ch', 'de'],
    ['de-DE,de;q=0.9,en;q=0.8', 'de'],
    ['en;q=0.8, de', 'de'],
    ['en;q=0.8 , de;q=0.9', 'de'],
    ['en;q=0.8,de ; q=0.900', 'de'],
    ['fr, de;q=0.5', 'de'],
    ['fi-FI, de-LU;q=0.2, en;q=0.1', 'de'],
    ['en;q=0, *', 'de'],
    ['en;q=0, *;q=0.5', 'de'],
    ['de, en', 'de'],
  ])('%s is served in German', (header, language) => {
    expect(languageFor(null, header)).toBe(language);
  });

  test.each([
    [''],
    ['en'],
    ['en-US,en;q=0.9,de;q=0.8'],
    ['en, de'],
    ['fr'],
    ['*'],
    ['fr, *;q=0.1'],
    ['*, de;q=0.9'],
    // Refused, whatever else is said.
    ['de;q=0'],
    ['de;q=0.000, fr'],
    ['de;q=0, *'],
    ['de-AT;q=0.5, de;q=0'],
    // Other languages that begin alike.
    ['den'],
    ['d'],
    ['x-de'],
    ['fr-de'],
    // Malformed.
    ['de_DE'],
    ['de;q=2'],
    ['de;q=-1'],
    ['de;q=abc'],
    ['de;q=0.1234'],
    ['de;level=1'],
    ['de en'],
    ['toString'],
    ['__proto__, constructor'],
    [`${'fr,'.repeat(50)}de`],
  ])('%s is served in English', (header) => {
    expect(languageFor(null, header)).toBe('en');
  });
});

describe('the chosen language', () => {
  test.each([
    ['appflux_language=de', 'en', 'de'],
    ['a=b; appflux_language=de; c=d', 'en', 'de'],
    ['appflux_language=en', 'de', 'en'],
    ['appflux_language=fr; appflux_language=de', 'en', 'de'],
  ])('%s counts before the browser’s', (cookie, header, language) => {
    expect(languageFor(cookie, header)).toBe(language);
  });

  test.each([
    ['appflux_language='],
    ['appflux_language=fr'],
    ['appflux_language=de-AT'],
    ['appflux_language=de=en'],
    ['appflux_language=toString'],
    ['Appflux_Language=de'],
    ['xappflux_language=de'],
    ['other=appflux_language=de'],
    ['appflux_language'],
    ['other=de'],
  ])('%s is none', (cookie) => {
    expect(languageFor(cookie, 'en')).toBe('en');
    expect(languageFor(cookie, 'de')).toBe('de');
  });
});
