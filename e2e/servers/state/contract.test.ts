/** The facades against the platform's own KV and D1: the same cases, in a site of ours and in a plain Worker. */
import type { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseNames, startHost, startPlatform } from './workers.ts';

const CASES = await caseNames();

let host: Miniflare;
let platform: Miniflare;

beforeAll(async () => {
  [host, platform] = await Promise.all([startHost(100), startPlatform(CASES.length)]);
});
afterAll(async () => {
  await Promise.all([host?.dispose(), platform?.dispose()]);
});

describe('state of a site', () => {
  it.each(CASES.map((name, nth) => ({ name, nth })))('$name', async ({ name, nth }) => {
    const app = nth.toString(16).padStart(24, '0');
    const [ours, theirs] = await Promise.all([
      ask(host, `/?${new URLSearchParams({ name, app, scope: 'production' })}`),
      ask(platform, `/?${new URLSearchParams({ name, nth: String(nth) })}`),
    ]);
    expect(ours).toEqual(theirs);
    expect(theirs).toHaveProperty('value');
  });
});

const ask = async (worker: Miniflare, path: string) =>
  (await worker.dispatchFetch(`http://test${path}`)).json();
