import { afterEach, expect, test, vi } from 'vitest';
import { loopback } from './loopback.mjs';

afterEach(() => vi.restoreAllMocks());

const report = (path: string, init: RequestInit) =>
  loopback.fetch(new Request(`http://localhost${path}`, init));
const log = (level: string) =>
  report('/core/log', { method: 'POST', headers: { 'MF-Log-Level': level }, body: 'QUEUE 1/1' });

test('errors and warnings of Miniflare’s scripts are logged, and what queues say of each batch is not', async () => {
  const error = vi.spyOn(console, 'error').mockReturnValue();
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  for (const level of ['0', '1', '2', '3', '4', 'none']) expect((await log(level)).status).toBe(204);
  expect(error.mock.calls).toEqual([['QUEUE 1/1']]);
  expect(warn.mock.calls).toEqual([['QUEUE 1/1']]);
});

test('an error that they did not expect is logged with its stack, which no answer has', async () => {
  const error = vi.spyOn(console, 'error').mockReturnValue();
  const body = JSON.stringify({
    name: 'TypeError',
    message: 'no such row',
    stack: 'TypeError: no such row\n at x',
  });
  const answer = await report('/core/error', { method: 'POST', body });
  expect([answer.status, await answer.text()]).toEqual([500, 'no such row']);
  expect(error).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(' at x'));
  expect((await report('/core/public-url', {})).status).toBe(404);
});
