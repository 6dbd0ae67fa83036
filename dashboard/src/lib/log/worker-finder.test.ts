import { createClient } from '@appflux/client';
import { AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import type { FromWorker, ToWorker } from './find-messages.ts';
import type { Wanted } from './line-finder.ts';
import { serveFinds } from './serve-finds.ts';
import { WorkerFinder } from './worker-finder.ts';

const ID = '0123456789abcdef01234567';
const ONE: Wanted = { kind: 'words', words: 'one' };
const NDJSON = ['one', 'two', 'ONE']
  .map((text, index) => `${JSON.stringify({ seq: index + 1, stream: 'stdout', text })}\n`)
  .join('');

/** A finder whose worker is in this thread; messages are copied, as to a real one. */
function finder(answer: (request: Request) => Promise<Response> | Response) {
  const w = {
    requests: [] as Request[],
    sent: [] as ToWorker[],
    workers: 0,
    unauthorized: 0,
    broken: (): void => undefined,
  };
  const api = createClient({
    url: 'https://appflux.example.com',
    token: 'secret',
    team: ID,
    fetch: () => Promise.reject(new Error('The page requests nothing itself.')),
    onUnauthorized: () => {
      w.unauthorized += 1;
    },
  });
  const find = new WorkerFinder(
    (signal, fetch) => api.logs.read(ID, { signal, fetch }),
    (receive, broken) => {
      w.workers += 1;
      w.broken = broken;
      const take = serveFinds(
        { postMessage: (message: FromWorker) => queueMicrotask(() => receive(structuredClone(message))) },
        async (url, init) => {
          const request = new Request(url, init);
          w.requests.push(request);
          return answer(request);
        },
      );
      return {
        postMessage: (message: ToWorker) => {
          w.sent.push(message);
          queueMicrotask(() => take(structuredClone(message)));
        },
        terminate: () => undefined,
      };
    },
  );
  const all = async (wanted: Wanted, signal = new AbortController().signal) => {
    const lines: number[] = [];
    for await (const batch of find.find(wanted, { signal })) lines.push(...batch);
    return lines;
  };
  return Object.assign(w, { all, find });
}

describe('a search in a worker', () => {
  test('finds lines with the session of the page, and requests a small log once', async () => {
    const w = finder(() => new Response(NDJSON));
    expect(await w.all(ONE)).toEqual([1, 3]);
    expect(await w.all({ kind: 'words', words: 'two' })).toEqual([2]);
    expect(await w.all({ kind: 'errors' })).toEqual([]);
    expect(w.requests).toHaveLength(1);
    expect(w.workers).toBe(1);
    const [request] = w.requests;
    expect(request?.url).toBe(`https://appflux.example.com/api/deployments/${ID}/logs.ndjson`);
    expect(request?.headers.get('Authorization')).toBe('Bearer secret');
    expect(request?.headers.get('X-AppFlux-Team')).toBe(ID);
  });

  test('runs beside another one', async () => {
    const w = finder(() => new Response(NDJSON));
    const both = await Promise.all([w.all(ONE), w.all({ kind: 'words', words: 'two' })]);
    expect(both).toEqual([[1, 3], [2]]);
  });

  test('that is refused throws what the server says, and the page notices a lost session', async () => {
    const refusal = { error: { code: 'unauthorized', message: 'Sign in again.' } };
    const w = finder(() => Response.json(refusal, { status: 401 }));
    await expect(w.all(ONE)).rejects.toMatchObject({ code: 'unauthorized', message: 'Sign in again.' });
    expect(w.unauthorized).toBe(1);
  });

  test('that was refused once finds what there is the next time', async () => {
    let away = true;
    const w = finder(() => (away ? new Response('Bad gateway', { status: 502 }) : new Response(NDJSON)));
    await expect(w.all(ONE)).rejects.toMatchObject({ code: 'unavailable' });
    away = false;
    expect(await w.all(ONE)).toEqual([1, 3]);
  });

  test('that can’t reach the server says so', async () => {
    const w = finder(() => Promise.reject(new TypeError('network')));
    await expect(w.all(ONE)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('whose connection breaks says so', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new TypeError('network')),
    });
    const w = finder(() => new Response(broken));
    await expect(w.all(ONE)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The connection was lost.',
    });
  });

  test('in what is no log says so', async () => {
    const w = finder(() => new Response('{"one":1}\n'));
    await expect(w.all(ONE)).rejects.toMatchObject({ code: 'internal' });
  });

  test('that is stopped ends its request', async () => {
    const w = finder(() => Promise.withResolvers<Response>().promise);
    const stop = new AbortController();
    const search = w.all(ONE, stop.signal);
    await expect.poll(() => w.requests.length).toBe(1);
    stop.abort();
    await expect(search).rejects.toBe(stop.signal.reason);
    await expect.poll(() => w.requests[0]?.signal.aborted).toBe(true);
  });

  test('waits before it requests the log, and requests nothing if it is stopped meanwhile', async () => {
    const w = finder(() => new Response(NDJSON));
    const stop = new AbortController();
    const search = w.find
      .find(ONE, {
        signal: stop.signal,
        beforeLoading: () => Promise.reject(new AppFluxError('internal', 'typed on')),
      })
      .next();
    await expect(search).rejects.toThrow('typed on');
    expect(w.requests).toEqual([]);
    await expect.poll(() => w.sent.map(({ type }) => type)).toEqual(['find', 'stop']);
  });

  test('whose worker can’t run says so, and the next one starts another', async () => {
    const w = finder(() => new Response(NDJSON));
    const search = w.all(ONE);
    w.broken();
    await expect(search).rejects.toMatchObject({ code: 'internal', hint: expect.stringContaining('Reload') });
    expect(await w.all(ONE)).toEqual([1, 3]);
    expect(w.workers).toBe(2);
  });
});
