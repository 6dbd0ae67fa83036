import { compileSiteRules } from '@appflux/detection/site-rules';
import { expect, it } from 'vitest';
import { site } from './testing/site.ts';

it('a site in memory weighs as much as its rules, too', () => {
  const lines = Array.from({ length: 2_000 }, (_, n) => `/${n}${'x'.repeat(900)} /${'y'.repeat(900)}`);
  const files = [{ path: '_redirects', text: lines.join('\n') }];
  const { rules } = compileSiteRules({ files, spaFallback: false });
  expect(rules.redirects).toHaveLength(2_000);
  expect(site(['index.html'], rules).weight).toBeGreaterThan(2_000 * 1_800);
  expect(site(['index.html']).weight).toBeLessThan(2_000);
});
