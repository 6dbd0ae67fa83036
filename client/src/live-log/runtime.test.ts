import { AppFluxError, type RuntimeFrame, type RuntimeLine, type RuntimeLogPage } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { followRuntime } from './runtime.ts';

const line = (seq: number): RuntimeLine => ({
  seq,
  at: '2026-11-29T12:00:00.000Z',
  kind: 'console',
  level: 'info',
  text: `line ${seq}`,
  stack: null,
  request: null,
  cron: null,
  deploymentId: '66f2a1c04b7e9d0000000002',
  environment: 'production',
  place: null,
});
const lines = (seqs: number[], upTo = seqs.at(-1) ?? 0): RuntimeFrame => ({
  type: 'lines',
  lines: seqs.map(line),
  upTo,
});

/** Follows a scripted server: what each connection sends before it closes; null is a connection that can't be opened. */
async function follow(
  scripts: (unknown[] | null)[],
  { after, poll = () => page([], 0) }: { after?: number; poll?: () => RuntimeLogPage | AppFluxError } = {},
) {
  const stop = new AbortController();
  const seen: number[] = [];
  const asked: (number | undefined)[] = [];
  class ScriptedSocket extends EventTarget {
    constructor() {
      super();
      const script = scripts.shift();
      queueMicrotask(() => {
        if (script === undefined) return stop.abort(new Error('over'));
        if (script !== null) {
          this.dispatchEvent(new Event('open'));
          for (const frame of script)
            this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
        }
        this.dispatchEvent(Object.assign(new Event('close'), { code: 1006 }));
      });
    }
    send() {
      // Reports of what was read.
    }
    close() {
      // The script closes it.
    }
  }
  const ended = await followRuntime(
    {
      url: (position) => {
        asked.push(position);
        return 'ws://127.0.0.1/';
      },
      token: async () => null,
      poll: async () => {
        const answer = poll();
        if (answer instanceof AppFluxError) throw answer;
        return answer;
      },
    },
    { lines: (batch) => seen.push(...batch.map(({ seq }) => seq)) },
    {
      signal: stop.signal,
      after,
      WebSocket: ScriptedSocket as unknown as typeof WebSocket,
      pause: async () => undefined,
    },
  ).catch((error: unknown) => error);
  return { seen, asked, ended };
}
const page = (seqs: number[], lastSeq: number): RuntimeLogPage => ({
  items: seqs.map(line),
  lastSeq,
  nextAfter: lastSeq,
  previousBefore: null,
});

test('goes on after the last line, over lost connections, without repeating any', async () => {
  const { seen, asked } = await follow([[lines([], 7), lines([8, 9])], [lines([9, 10])], [lines([12], 15)]]);
  expect(seen).toEqual([8, 9, 10, 12]);
  expect(asked).toEqual([undefined, 9, 10, 15]);
});

test('a log that was emptied is followed from where it is', async () => {
  const { seen } = await follow([[lines([50])], [{ type: 'rewind', lastSeq: 0 }, lines([1])]], { after: 49 });
  expect(seen).toEqual([50, 1]);
});

test('without a WebSocket, lines are polled; old ones are left out', async () => {
  const pages = [page([3, 4], 4), page([5], 5), page([], 5)];
  const { seen } = await follow([null, null, null], { poll: () => pages.shift() ?? page([], 5) });
  expect(seen).toEqual([5]);
});

test('frames of a newer server are skipped, and wrong ones end it', async () => {
  expect((await follow([[{ type: 'weather' }, lines([1])]])).seen).toEqual([1]);
  expect((await follow([[{ type: 'lines', lines: [{}] }]])).ended).toBeInstanceOf(AppFluxError);
});

test('a refusal ends it', async () => {
  const refusal = new AppFluxError('not_found', 'There is no such app');
  expect((await follow([null], { poll: () => refusal })).ended).toBe(refusal);
});
