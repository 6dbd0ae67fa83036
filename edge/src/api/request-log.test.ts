import { env } from 'cloudflare:workers';
import { afterEach, expect, test, vi } from 'vitest';
import { requestWith } from '../testing.ts';
import { loggedPath } from './request-log.ts';

afterEach(() => vi.restoreAllMocks());

test('a request is logged by method, path and status, when that is set', async () => {
  const info = vi.spyOn(console, 'info').mockImplementation(() => undefined);
  await requestWith({ REQUEST_LOG: '1' }, '/api/apps?q=secret');
  expect(info.mock.calls).toEqual([[expect.stringMatching(/^GET \/api\/apps 401 \d+ ms$/)]]);
  info.mockClear();
  await requestWith({ ...env }, '/api/apps');
  expect(info).not.toHaveBeenCalled();
});

test('a deploy hook is logged without its token', () => {
  expect(loggedPath('/hooks/deploy/afh_abc')).toBe('/hooks/deploy/…');
  expect(loggedPath('/hooks/deploy/afh_abc/more')).toBe('/hooks/deploy/…');
  expect(loggedPath('/api/hooks/deploy')).toBe('/api/hooks/deploy');
});
