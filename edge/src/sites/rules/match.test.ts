import { EMPTY_RULES, SiteRules } from '@appflux/protocol';
import { describe, expect, it } from 'vitest';
import { matchSiteRules } from './index.ts';

describe('redirects of a site', () => {
  it('fill in what their pattern captured, encoded', () => {
    const rules = SiteRules.parse({
      ...EMPTY_RULES,
      redirects: [
        {
          host: null,
          unless: [],
          query: [],
          force: false,
          status: 301,
          pattern: {
            before: ['a', [{ capture: 'x' }, '-', { capture: 'y' }]],
            splat: { capture: 'splat', prefix: '', suffix: '', least: 'nothing' },
            after: [],
            slash: 'any',
          },
          to: {
            origin: null,
            path: ['/b/', { capture: 'x' }, '/', { capture: 'splat' }],
            query: [],
            hash: null,
          },
        },
      ],
    });
    expect(
      matchSiteRules(rules, { host: 'h', path: '/a/1-2-3/%0d%0aq/', query: '?z=1' }, () => false),
    ).toEqual({ kind: 'redirect', status: 301, location: '/b/1-2/%0D%0Aq/?z=1' });
  });
});
