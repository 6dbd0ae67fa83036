import {
  AppFluxError,
  FromViewer,
  type LogLine,
  type LogPage,
  SEEN_EVERY,
  type ViewerFrame,
} from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { LogFeed } from './feed.ts';
import { LineOrder } from './line-order.ts';
import type { Connection } from './live-feed.ts';

const line = (seq: number): LogLine => ({
  seq,
  at: '2026-11-01T12:00:00.000Z',
  stream: 'stdout',
  phase: 'building',
  text: `line ${seq}`,
});
const lines = (from: number, to: number): ViewerFrame => ({
  type: 'lines',
  lines: Array.from({ length: to - from + 1 }, (_, index) => line(from + index)),
});
const end: ViewerFrame = { type: 'end', status: 'success' };

/** The behavior of a connection: it is refused, or opens, sends frames, and closes with a code. */
type Script = 'refuse' | { send: (unknown | ViewerFrame)[]; close?: number; closesLate?: true };

/** A feed with a scripted server: each connection runs the next script. */
function world(scripts: Script[], poll: (after: number) => LogPage | AppFluxError = () => emptyPage) {
  const opened: { after: number; protocols: string[] }[] = [];
  const connections: Connection[] = [];
  const states: string[] = [];
  const errors: AppFluxError[] = [];
  const pauses: number[] = [];
  const said: unknown[] = [];
  let buffer = new LineOrder();
  const seen: number[] = [];

  class ScriptedSocket extends EventTarget {
    readonly #closesLate: boolean;
    constructor(url: string, protocols: string[]) {
      super();
      opened.push({ after: Number(new URL(url).searchParams.get('after')), protocols });
      const script = scripts.shift();
      if (script === undefined)
        throw new Error('the feed connected more often than the test has scripts for');
      this.#closesLate = script !== 'refuse' && script.closesLate === true;
      queueMicrotask(() => {
        if (script === 'refuse') return this.#closed(1006);
        this.dispatchEvent(new Event('open'));
        for (const frame of script.send) {
          const data = typeof frame === 'string' ? frame : JSON.stringify(frame);
          this.dispatchEvent(new MessageEvent('message', { data }));
        }
        if (script.close !== undefined) this.#closed(script.close);
      });
    }
    send(text: string) {
      said.push(JSON.parse(text));
    }
    close(code: number) {
      if (!this.#closesLate) queueMicrotask(() => this.#closed(code));
    }
    #closed(code: number) {
      this.dispatchEvent(Object.assign(new Event('close'), { code }));
    }
  }

  const feed = new LogFeed(
    {
      url: (after) => `ws://127.0.0.1/live?after=${after}`,
      token: async () => 'tok.en',
      lastSeq: () => buffer.lastSeq,
      poll: async (after) => {
        const page = poll(after);
        if (page instanceof AppFluxError) throw page;
        return page;
      },
    },
    {
      lines: (batch) => {
        const result = buffer.append(batch);
        if (result.kind === 'added') seen.push(...result.lines.map(({ seq }) => seq));
        return result.kind === 'added';
      },
      rewind: () => {
        buffer = new LineOrder();
        seen.length = 0;
      },
      state: (status, phase) => states.push(`${status} ${phase}`),
      connection: (connection) => connections.push(connection),
      failed: (error) => errors.push(error),
    },
    {
      WebSocket: ScriptedSocket as unknown as typeof WebSocket,
      pause: async (milliseconds, signal) => {
        pauses.push(milliseconds);
        signal?.throwIfAborted();
      },
      onWake: () => () => undefined,
      unexpectedHint: 'Reload the page.',
    },
  );
  return {
    feed,
    opened,
    connections,
    states,
    errors,
    pauses,
    said,
    seen,
    run: () => feed.run(new AbortController().signal),
  };
}
const emptyPage: LogPage = { items: [], lastSeq: 0, ended: false };

describe('following a log', () => {
  test('replays, continues live, and ends', async () => {
    const w = world([
      { send: [lines(1, 3), { type: 'state', status: 'building', phase: 'building' }, lines(4, 4), end] },
    ]);
    await w.run();
    expect(w.seen).toEqual([1, 2, 3, 4]);
    expect(w.states).toEqual(['building building', 'success null']);
    expect(w.connections).toEqual(['connecting', 'live', 'ended']);
    expect(w.opened).toEqual([{ after: 0, protocols: ['appflux.logs.v1', 'appflux.token.tok.en'] }]);
  });

  // A server may take many seconds to close a connection.
  test('ends with the last frame, and does not wait for the connection to close', async () => {
    const w = world([{ send: [lines(1, 2), end], closesLate: true }]);
    await w.run();
    expect(w.seen).toEqual([1, 2]);
    expect(w.connections).toEqual(['connecting', 'live', 'ended']);
  });

  test('ends when it is stopped, and does not wait for the connection to close', async () => {
    const w = world([{ send: [lines(1, 2)], closesLate: true }]);
    const stop = new AbortController();
    const run = w.feed.run(stop.signal);
    await expect.poll(() => w.seen).toEqual([1, 2]);
    stop.abort();
    await run;
    expect(w.connections).toEqual(['connecting', 'live']);
  });

  test('resumes after the last line when the connection is lost, without gaps or duplicates', async () => {
    const w = world([
      { send: [lines(1, 3)], close: 1006 },
      { send: [lines(2, 5)], close: 1001 },
      { send: [lines(6, 7), end] },
    ]);
    await w.run();
    expect(w.opened.map(({ after }) => after)).toEqual([0, 3, 5]);
    expect(w.seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('acknowledges what it received after every megabyte', async () => {
    const frames = Array.from({ length: 3000 }, (_, n) => ({
      type: 'lines' as const,
      lines: [{ ...line(n + 1), text: 'x'.repeat(1000) }],
    }));
    const w = world([{ send: [...frames, end] }]);
    await w.run();
    const read = frames.reduce((sum, frame) => sum + JSON.stringify(frame).length, 0);
    expect(w.said).toHaveLength(Math.floor(read / SEEN_EVERY));
    for (const word of w.said) expect(FromViewer.parse(word).length).toBeLessThanOrEqual(read);
  });

  test('resumes after the last line when lines are missing', async () => {
    const w = world([{ send: [lines(1, 2), lines(5, 6)] }, { send: [lines(3, 6), end] }]);
    await w.run();
    expect(w.opened.map(({ after }) => after)).toEqual([0, 2]);
    expect(w.seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('reads the log again when it has seen lines that were never stored', async () => {
    const w = world([
      { send: [lines(1, 5)], close: 1006 },
      { send: [{ type: 'rewind', lastSeq: 3 }] },
      { send: [lines(1, 6), end] },
    ]);
    await w.run();
    expect(w.opened.map(({ after }) => after)).toEqual([0, 5, 0]);
    expect(w.seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('backs off exponentially, up to 15 seconds', async () => {
    const w = world([...Array.from({ length: 9 }, () => ({ send: [], close: 1006 })), { send: [end] }]);
    await w.run();
    for (const [index, length] of w.pauses.entries()) {
      expect(length).toBeLessThanOrEqual(Math.min(15_000, 500 * 2 ** (index + 1)));
      expect(length).toBeGreaterThanOrEqual(Math.min(15_000, 500 * 2 ** (index + 1)) / 2);
    }
  });

  test('ignores unknown types of frames', async () => {
    const w = world([{ send: [{ type: 'weather', sunny: true }, lines(1, 1), end] }]);
    await w.run();
    expect(w.seen).toEqual([1]);
    expect(w.errors).toEqual([]);
  });

  test.each(['not json', { type: 'lines', lines: [{ seq: 'one' }] }])(
    'fails on an invalid frame: %j',
    async (frame) => {
      const w = world([{ send: [frame] }]);
      await w.run();
      expect(w.connections.at(-1)).toBe('failed');
      expect(w.errors[0]?.hint).toContain('Reload');
    },
  );
});

describe('where no WebSocket can be opened', () => {
  test('lines are polled until the log ends', async () => {
    const pages: LogPage[] = [
      { items: [line(1), line(2)], lastSeq: 2, ended: false },
      { items: [line(3)], lastSeq: 4, ended: true },
      { items: [line(4)], lastSeq: 4, ended: true },
    ];
    const w = world(['refuse', 'refuse'], () => pages.shift() ?? emptyPage);
    await w.run();
    expect(w.seen).toEqual([1, 2, 3, 4]);
    expect(w.connections).toEqual(['connecting', 'polling', 'connecting', 'ended']);
  });

  test('a refusal ends it with an error', async () => {
    const gone = new AppFluxError('not_found', 'There is no such deployment');
    const w = world(['refuse'], () => gone);
    await w.run();
    expect(w.errors).toEqual([gone]);
    expect(w.connections.at(-1)).toBe('failed');
  });

  test('it waits for an unreachable server', async () => {
    const away = new AppFluxError('unavailable', 'Couldn’t reach AppFlux.');
    const w = world(['refuse', { send: [lines(1, 1), end] }], () => away);
    await w.run();
    expect(w.connections).toEqual(['connecting', 'waiting', 'connecting', 'live', 'ended']);
    expect(w.seen).toEqual([1]);
  });

  test('an expired token is reported, not retried forever', async () => {
    const refused = new AppFluxError('unauthorized', 'Sign in');
    const w = world([{ send: [], close: 4401 }], () => refused);
    await w.run();
    expect(w.errors).toEqual([refused]);
  });
});

test('a stopped feed closes its connection and reports nothing more', async () => {
  const w = world([{ send: [lines(1, 1)] }]);
  const stop = new AbortController();
  const running = w.feed.run(stop.signal);
  await expect.poll(() => w.seen).toEqual([1]);
  stop.abort();
  await running;
  expect(w.connections).toEqual(['connecting', 'live']);
});
