import { AppFluxError } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArchiveErrors } from './archive-errors.svelte.ts';
import { lineBatches } from './archive-lines.ts';
import { ArchiveMatches } from './archive-matches.svelte.ts';
import { ArchiveReader, type OpenLog } from './archive-reader.ts';
import type { LogContent } from './content.ts';
import type { LineFinder } from './line-finder.ts';
import { LogErrors } from './log-errors.svelte.ts';
import { LogSearch } from './log-search.svelte.ts';

const ndjsonOf = (texts: readonly string[]) =>
  texts.map((text, index) => `${JSON.stringify({ seq: index + 1, stream: 'stdout', text })}\n`).join('');

/** A stream of bytes in chunks of a length. */
function streamOf(bytes: Uint8Array, chunkLength = 1000): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + chunkLength));
      at += chunkLength;
    },
  });
}

/** Finds lines without a worker. */
function finderOf(open: OpenLog): LineFinder {
  const reader = new ArchiveReader();
  return {
    find: (wanted, { signal, beforeLoading }) =>
      reader.find(wanted, signal, async () => {
        await beforeLoading?.();
        return open();
      }),
  };
}

test('property: lines are parsed correctly, wherever chunks end', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 30 }), async (lines, chunkLength) => {
      const read: string[] = [];
      const stream = streamOf(new TextEncoder().encode(ndjsonOf(lines)), chunkLength);
      for await (const batch of lineBatches(stream)) read.push(...batch.map(({ text }) => text));
      expect(read).toEqual(lines);
    }),
  );
});

describe('a search in an archived log', () => {
  const LONG = 'x'.repeat(40_000);

  /** A search, without pauses unless `paused` is given; `opened` counts how often the log was read. */
  function search(texts: readonly string[], paused?: () => Promise<void>) {
    const bytes = new TextEncoder().encode(ndjsonOf(texts));
    const w = { opened: 0, failure: null as AppFluxError | null };
    const finder = finderOf(async () => {
      w.opened += 1;
      if (w.failure !== null) throw w.failure;
      return streamOf(bytes, 5000);
    });
    const matches = new ArchiveMatches(finder, paused ?? (async (_, signal) => signal.throwIfAborted()));
    return Object.assign(w, { matches });
  }

  test('finds all matching lines, ignoring case and colors', async () => {
    const { matches } = search(['one', '\u001b[31mON\u001b[0mE two', 'three', 'gone']);
    matches.search('one');
    expect(matches.searching).toBe(true);
    await expect.poll(() => matches.searching).toBe(false);
    expect(matches.found).toEqual([1, 2, 4]);
  });

  test('reads a small log once, and a large one each time, because it is not cached', async () => {
    const small = search(['one', 'two']);
    const large = search(Array.from({ length: 500 }, (_, index) => `${LONG} ${index}`));
    for (const { matches } of [small, large]) {
      matches.search('1');
      await expect.poll(() => matches.searching).toBe(false);
      matches.search('499');
      await expect.poll(() => matches.searching).toBe(false);
    }
    expect([small.opened, large.opened]).toEqual([1, 2]);
    expect(small.matches.found).toEqual([]);
    expect(large.matches.found).toEqual([500]);
  });

  test('for more words is made in the lines that had fewer', async () => {
    const w = search(Array.from({ length: 500 }, (_, index) => `${LONG} ${index} İ`));
    for (const [words, opened, found] of [
      ['49', 1, 15],
      ['499', 1, 1],
      // The lines of the last search aren't all that have these words.
      ['49', 2, 15],
      ['x 4', 3, 111],
    ] as const) {
      w.matches.search(words);
      await expect.poll(() => w.matches.searching).toBe(false);
      expect([w.opened, w.matches.found.length]).toEqual([opened, found]);
    }
  });

  test('waits for further keys, but not after Enter, and not for what is cached', async () => {
    const w = search(['one', 'two'], () => Promise.withResolvers<void>().promise);
    w.matches.search('on');
    const logSearch = new LogSearch({ matches: w.matches } as unknown as LogContent);
    logSearch.query = 'one';
    expect([w.opened, logSearch.go(1)]).toEqual([0, null]);
    await expect.poll(() => logSearch.takePendingMatch()).toBe(1);
    expect(w.opened).toBe(1);
    w.matches.search('two');
    await expect.poll(() => w.matches.found).toEqual([2]);
  });

  test('for other text replaces the previous one', async () => {
    const { matches } = search(
      Array.from({ length: 300 }, (_, index) => `${LONG} ${index % 2 === 0 ? 'even' : 'odd'}`),
    );
    matches.search('even');
    matches.search('odd');
    await expect.poll(() => matches.searching).toBe(false);
    expect(matches.found).toHaveLength(150);
    expect(matches.found.every((seq) => seq % 2 === 0)).toBe(true);
    matches.search('');
    expect([matches.found, matches.searching]).toEqual([[], false]);
  });

  test('that fails has an error, and can be repeated', async () => {
    const w = search(['one']);
    w.failure = new AppFluxError('unavailable', 'not now');
    w.matches.search('one');
    await expect.poll(() => w.matches.error?.code).toBe('unavailable');
    w.failure = null;
    w.matches.search('one');
    await expect.poll(() => w.matches.found).toEqual([1]);
    expect(w.matches.error).toBeNull();
  });

  test('goes to the first match as soon as there is one, if it was requested before', async () => {
    const { matches } = search(['none', 'one', 'one']);
    const logSearch = new LogSearch({ matches } as unknown as LogContent);
    logSearch.query = 'one';
    expect(logSearch.status).toBe('Searching…');
    expect(logSearch.go(1)).toBeNull();
    expect(logSearch.takePendingMatch()).toBeNull();
    await expect.poll(() => matches.found.length).toBe(3);
    expect(logSearch.takePendingMatch()).toBe(1);
    expect(logSearch.takePendingMatch()).toBeNull();
    expect(logSearch.status).toBe('1 of 3');
  });
});

describe('the errors in an archived log', () => {
  const ERROR = 'src/a.ts(3,1): error TS2322: Type mismatch.';

  function errorsOf(texts: readonly string[], start: number | null = null) {
    const w = { opened: 0, failure: null as AppFluxError | null };
    const finder = finderOf(async () => {
      w.opened += 1;
      if (w.failure !== null) throw w.failure;
      return streamOf(new TextEncoder().encode(ndjsonOf(texts)), 500);
    });
    const errors = new ArchiveErrors(finder);
    const steps = new LogErrors({ errors } as unknown as LogContent);
    steps.current = start;
    return Object.assign(w, { errors, steps });
  }

  /** Goes on, and waits for the line if it isn't known yet. */
  async function go(steps: LogErrors, direction: 1 | -1): Promise<number | null> {
    let line = steps.go(direction);
    await expect
      .poll(() => {
        line = line ?? steps.takePending();
        return line !== null || !steps.pending;
      })
      .toBe(true);
    return line;
  }

  test('are looked for only when somebody asks, and once', async () => {
    const w = errorsOf(['one', ERROR, 'two', 'warning: x', ERROR, 'three']);
    const { errors, steps } = w;
    expect([steps.status, w.opened]).toEqual(['', 0]);
    expect(await go(steps, 1)).toBe(2);
    await expect.poll(() => errors.complete).toBe(true);
    expect(steps.status).toBe('1 of 2');
    expect(await go(steps, 1)).toBe(5);
    expect(await go(steps, 1)).toBe(2);
    expect(await go(steps, -1)).toBe(5);
    errors.find();
    expect(w.opened).toBe(1);
  });

  test('go on from the error that was shown first', async () => {
    const { steps } = errorsOf([ERROR, 'x', ERROR, 'x', ERROR], 3);
    expect(await go(steps, 1)).toBe(5);
    const { steps: back } = errorsOf([ERROR, 'x', ERROR, 'x', ERROR], 3);
    expect(await go(back, -1)).toBe(1);
  });

  test('of a log without any are none', async () => {
    const { steps } = errorsOf(['fine', 'compiled src/error.ts']);
    expect(await go(steps, 1)).toBeNull();
    expect([steps.none, steps.status]).toEqual([true, 'No errors']);
  });

  test('that can’t be read have an error, and can be looked for again', async () => {
    const w = errorsOf([ERROR]);
    w.failure = new AppFluxError('unavailable', 'not now');
    expect(await go(w.steps, 1)).toBeNull();
    expect(w.steps.status).toBe('Couldn’t look for errors');
    w.failure = null;
    expect(await go(w.steps, 1)).toBe(1);
  });

  test('don’t include AppFlux’s own lines', async () => {
    const system = `${JSON.stringify({ seq: 1, stream: 'system', text: 'Error: x' })}\n`;
    const errors = new ArchiveErrors(finderOf(async () => streamOf(new TextEncoder().encode(system))));
    errors.find();
    await expect.poll(() => errors.complete).toBe(true);
    expect(errors.found).toEqual([]);
  });
});
