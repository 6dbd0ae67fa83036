import { env } from 'cloudflare:workers';
import { afterEach, expect, test, vi } from 'vitest';
import { makeToken } from '../secrets/tokens.ts';
import { requestWith } from '../testing/worker.ts';

afterEach(() => vi.restoreAllMocks());

const logged = () => vi.spyOn(console, 'log').mockImplementation(() => undefined);

test('a request is logged by method, path and status, without its query', async () => {
  const log = logged();
  await requestWith({ REQUEST_LOG: '1' }, '/api/apps?q=secret');
  expect(log.mock.calls).toEqual([[expect.stringMatching(/^GET \/api\/apps 401 \d+ ms$/)]]);
});

test('a deploy hook is logged without its token', async () => {
  const log = logged();
  const path = `/hooks/deploy/${makeToken('deployHook')}`;
  await requestWith({ REQUEST_LOG: '1' }, path, { method: 'POST' });
  expect(log.mock.calls).toEqual([[expect.stringMatching(/^POST \/hooks\/deploy\/afh_\*\*\* 404 \d+ ms$/)]]);
});

test('a path with line breaks in it makes no line of its own', async () => {
  const log = logged();
  const forged = '2026-11-29T08:00:00.000Z error forged';
  await requestWith({ REQUEST_LOG: '1' }, `/api/x%0A${encodeURIComponent(forged)}%00%3C0%3Ey`);
  expect(log.mock.calls).toEqual([
    [expect.stringMatching(/^GET \/api\/x ⏎ 2026.* forged ⏎ <0>y 404 \d+ ms$/)],
  ]);
});

test('nothing is logged unless that is set', async () => {
  const log = logged();
  await requestWith({ ...env }, '/api/apps');
  expect(log).not.toHaveBeenCalled();
});
