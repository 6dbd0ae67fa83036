/** Lines that attempts have left on disk, and how they reach an edge. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LogSender } from '../log/log-sender.ts';
import { spoolFolder, spoolPath } from '../log/spool-file.ts';
import { keptJournal } from '../testing/docker.ts';
import { FAKE_CREDENTIAL, FakeEdge } from '../testing/fake-edge.ts';
import { LeftLines } from './left-lines.ts';

const first = { deploymentId: '66f2a1c04b7e9d0000000001', attempt: 1 };
const second = { deploymentId: '66f2a1c04b7e9d0000000002', attempt: 2 };
const keyOf = ({ deploymentId, attempt }: typeof first) => `${deploymentId}/${attempt}`;

let edge: FakeEdge;
let state: string;
let stop: AbortController;
let journal: string[];

beforeEach(async () => {
  edge = await FakeEdge.start();
  state = mkdtempSync(join(tmpdir(), 'left-lines-'));
  mkdirSync(spoolFolder(state));
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await edge.close();
  rmSync(state, { recursive: true });
});

function leftLines(patienceMs = 10_000): LeftLines {
  const kept = keptJournal();
  journal = kept.lines;
  return new LeftLines({
    state,
    url: edge.url,
    credential: FAKE_CREDENTIAL,
    journal: kept.journal,
    signal: stop.signal,
    backoff: { baseMs: 1, capMs: 5 },
    patienceMs,
  });
}

/** An attempt writes so many lines, numbered from `from`, and its process is killed before any was acknowledged. */
async function killedAfter(ref: typeof first, lines: number, from = 1): Promise<void> {
  const sender = new LogSender({
    attempt: ref.attempt,
    ackedSeq: from - 1,
    spoolPath: spoolPath(state, ref),
    onFault: () => undefined,
    onSpoolError: () => undefined,
  });
  for (let n = 0; n < lines; n += 1) {
    const text = `line ${from + n} – ünï`;
    sender.write({ at: '2026-11-01T12:00:00.000Z', stream: 'stdout', phase: 'building', text });
  }
  // One turn of the event loop later, what was written is in the file.
  await new Promise((resolve) => setImmediate(resolve));
  const kept = readFileSync(spoolPath(state, ref));
  sender.close();
  writeFileSync(spoolPath(state, ref), kept);
}

const texts = (lines: number, from = 1) =>
  Array.from({ length: lines }, (_, index) => `line ${from + index} – ünï`);

test('they are sent from where the edge’s end, each attempt’s to its own deployment, and no file is left', async () => {
  await killedAfter(first, 2500);
  await killedAfter(second, 3, 41);
  edge.leftLines.set(keyOf(first), { seq: 1200, texts: [], complete: false });
  edge.leftLines.set(keyOf(second), { seq: 40, texts: [], complete: false });
  await leftLines().sendAll();
  expect(edge.leftLines.get(keyOf(first))).toEqual({ seq: 2500, texts: texts(1300, 1201), complete: true });
  expect(edge.leftLines.get(keyOf(second))).toEqual({ seq: 43, texts: texts(3, 41), complete: true });
  expect(readdirSync(spoolFolder(state))).toEqual([]);
});

test('an attempt whose lines the edge has all says so, and that nothing is missing', async () => {
  await killedAfter(first, 0);
  edge.leftLines.set(keyOf(first), { seq: 17, texts: [], complete: false });
  await leftLines().sendAll();
  expect(edge.leftLines.get(keyOf(first))).toEqual({ seq: 17, texts: [], complete: true });
});

test('a file with a torn end is sent up to there, and is not called complete', async () => {
  await killedAfter(first, 3);
  const path = spoolPath(state, first);
  writeFileSync(path, readFileSync(path).subarray(0, -5));
  edge.leftLines.set(keyOf(first), { seq: 0, texts: [], complete: false });
  await leftLines().sendAll();
  expect(edge.leftLines.get(keyOf(first))).toEqual({ seq: 2, texts: texts(2), complete: false });
});

test('answers that are lost cost no line and double none', async () => {
  await killedAfter(first, 2500);
  edge.leftLines.set(keyOf(first), { seq: 0, texts: [], complete: false });
  edge.leftLinesFaults.push(503, 500, 429, 502);
  await leftLines().sendAll();
  expect(edge.leftLines.get(keyOf(first))).toEqual({ seq: 2500, texts: texts(2500), complete: true });
  expect(edge.leftLinesFaults).toEqual([]);
  expect(journal.filter((line) => line.includes('Trying again'))).toHaveLength(1);
});

test('what the edge refuses is given up: a deployment that has ended, or an edge that has no such call', async () => {
  await killedAfter(first, 3);
  await leftLines().sendAll();
  expect(readdirSync(spoolFolder(state))).toEqual([]);
  expect(journal.join('')).toContain('takes no more lines');
});

test('a gap between the edge’s lines and these is given up', async () => {
  await killedAfter(first, 3, 10);
  edge.leftLines.set(keyOf(first), { seq: 5, texts: [], complete: false });
  await leftLines().sendAll();
  expect(edge.leftLines.get(keyOf(first))).toEqual({ seq: 5, texts: [], complete: false });
  expect(readdirSync(spoolFolder(state))).toEqual([]);
});

test('while the edge cannot be reached they stay on disk, over the end of the process, too', async () => {
  await killedAfter(first, 3);
  edge.leftLines.set(keyOf(first), { seq: 0, texts: [], complete: false });
  edge.leftLinesFaults.push(...Array.from({ length: 50 }, () => 503));
  const sending = leftLines().sendAll();
  await vi.waitFor(() => expect(edge.leftLinesFaults.length).toBeLessThan(45));
  stop.abort();
  await sending;
  expect(readdirSync(spoolFolder(state))).toHaveLength(1);
  stop = new AbortController();
  edge.leftLinesFaults.length = 0;
  await leftLines().sendAll();
  expect(edge.leftLines.get(keyOf(first))?.texts).toEqual(texts(3));
});

test('while the edge is away the next attempts wait for it; once it answers, no longer than a while', async () => {
  await killedAfter(first, 3);
  edge.leftLines.set(keyOf(first), { seq: 0, texts: [], complete: false });
  edge.leftLinesFaults.push(
    ...Array.from({ length: 20 }, () => 503),
    ...Array.from({ length: 5000 }, () => 500),
  );
  await leftLines(1).sendAll();
  expect(edge.leftLinesFaults.length).toBeLessThanOrEqual(5000);
  expect(edge.leftLinesFaults.length).toBeGreaterThan(4000);
  expect(readdirSync(spoolFolder(state))).toHaveLength(1);
});

test('an edge that answers itself, but not for one deployment, holds up the next attempts no longer than a while', async () => {
  await killedAfter(first, 3);
  edge.leftLines.set(keyOf(first), { seq: 0, texts: [], complete: false });
  edge.leftLinesFaultsAreOwn = true;
  edge.leftLinesFaults.push(...Array.from({ length: 5000 }, () => 503));
  await leftLines(1).sendAll();
  // It was not given up, which takes 500 tries.
  expect(edge.leftLinesFaults.length).toBeGreaterThan(4600);
  expect(readdirSync(spoolFolder(state))).toHaveLength(1);
});

test('an attempt that is granted again keeps its new file: what the old one had is not sent any more', async () => {
  await killedAfter(first, 3);
  edge.leftLines.set(keyOf(first), { seq: 0, texts: [], complete: false });
  edge.leftLinesFaults.push(...Array.from({ length: 1000 }, () => 503));
  const left = leftLines();
  const sending = left.sendAll();
  await vi.waitFor(() => expect(edge.leftLinesFaults.length).toBeLessThan(998));
  left.begin(first);
  await sending;
  expect(readdirSync(spoolFolder(state))).toHaveLength(1);
});

test('files that are not spools, or too old for any deployment, are removed and not sent', async () => {
  await killedAfter(first, 3);
  utimesSync(spoolPath(state, first), new Date(0), new Date(0));
  writeFileSync(join(spoolFolder(state), 'notes.txt'), 'x');
  edge.leftLines.set(keyOf(first), { seq: 0, texts: [], complete: false });
  await leftLines().sendAll();
  expect(edge.leftLines.get(keyOf(first))?.texts).toEqual([]);
  expect(readdirSync(spoolFolder(state))).toEqual([]);
});

test('a state folder without any gets its folder, for this user alone', async () => {
  rmSync(spoolFolder(state), { recursive: true });
  await leftLines().sendAll();
  expect(readdirSync(state)).toEqual(['spool']);
});
