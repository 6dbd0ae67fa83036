// @vitest-environment node
/** That the German dashboard has no English text: neither text that is translated, nor sentences that nobody has seen. */
import { languageFor } from '@appflux/protocol/languages';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCatalog } from '../../../translating/catalog.ts';
import { DASHBOARD } from '../../../translating/sources.ts';
import { chromiumPath } from '../../testing/browser.ts';
import { SAMPLE, sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser, type Visit } from '../../testing/visit.ts';
import { emptyWorld } from '../../testing/world.ts';

const visit = useBrowser();

/** Words of English sentences that German ones don't have. */
const ENGLISH =
  /\b(?:the|and|of|with|from|this|that|is|are|isn’t|not|no|by|to|for|your|you|has|have|can|can’t)\b/;

/** What is English by itself: names, messages of commits, and what the server writes, longest first. */
function dataOf(value: unknown): string[] {
  if (typeof value === 'string') return /[ -]/.test(value) ? [value, value.replace(/\s+/g, ' ').trim()] : [];
  if (value instanceof Map || value instanceof Set) return dataOf([...value]);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(dataOf) : [];
}

/** A text without the data in it. */
const withoutData = (text: string, data: readonly string[]): string =>
  data.reduce((left, each) => left.replaceAll(each, '…'), text);

/** Sentences of the protocol, which the server writes as well. */
const SHARED = /^(?:Asks for|Limits itself to) /;

const PAGES: readonly [path: string, visit?: Visit][] = [
  ['/sign-in', { signedOut: true }],
  ['/sign-up', { signedOut: true }],
  ['/forgot-password', { signedOut: true }],
  ['/invite#token=afi_good', { signedOut: true }],
  ['/'],
  ['/', { world: emptyWorld() }],
  ['/apps'],
  ['/apps', { world: emptyWorld() }],
  ['/deployments'],
  ['/activity'],
  ['/analytics'],
  ['/runners'],
  ['/new'],
  ['/apps/harbor-web'],
  [`/deployments/${SAMPLE.building}`],
  [`/deployments/${SAMPLE.success}`],
  [`/deployments/${SAMPLE.failed}`],
  [`/deployments/${SAMPLE.success}/compare`],
  ...[
    'general',
    'build',
    'variables',
    'triggers',
    'domains',
    'access',
    'notifications',
    'schedules',
    'retention',
  ].map((section): [string] => [`/apps/harbor-web/settings/${section}`]),
  ...['account', 'team', 'tokens', 'git', 'audit', 'addresses', 'links'].map((section): [string] => [
    `/settings/${section}`,
  ]),
  ['/settings/operations', { world: { ...sampleWorld(), team: 'instance' } }],
];

/** The texts of a page, and those that only screen readers get. Code, logs, and text marked as another language don’t count. */
const textsOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const left =
      'code, pre, kbd, script, style, noscript, [lang]:not(html), .font-mono, .log-text, .log-frame';
    const texts: string[] = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.parentElement?.closest(left) === null) texts.push(node.nodeValue ?? '');
    }
    for (const element of document.body.querySelectorAll('*')) {
      if (element.closest(left) !== null) continue;
      for (const name of ['title', 'aria-label', 'alt', 'placeholder'])
        texts.push(element.getAttribute(name) ?? '');
    }
    return texts.map((text) => text.replace(/\s+/g, ' ').trim()).filter((text) => text !== '');
  });

describe.skipIf(chromiumPath === undefined)('in German', () => {
  let english: ReadonlySet<string>;
  beforeAll(async () => {
    const catalog = await readCatalog(DASHBOARD, 'de');
    english = new Set([...catalog].filter(([key, [text]]) => key !== text).map(([key]) => key));
    expect(languageFor(null, 'de')).toBe('de');
  });

  test.each(PAGES)('%s has no English text', async (path, options = {}) => {
    const world = options.world ?? sampleWorld();
    const { page, faults } = await visit(path, { ...options, world, locale: 'de-DE' });
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await page.locator('main h1').first().waitFor();
    const data = dataOf(world).toSorted((a, b) => b.length - a.length);
    const texts = (await textsOf(page)).map((text) => withoutData(text, data));
    expect(texts.filter((text) => english.has(text))).toEqual([]);
    expect(texts.filter((text) => ENGLISH.test(text) && !SHARED.test(text))).toEqual([]);
    expect(faults).toEqual([]);
  });
});
