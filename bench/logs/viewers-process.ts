/**
 * All viewers of one log, in a separate process, so that their cost does not count for either path. It receives where
 * to connect and which line is the last, and answers when every viewer has received every line.
 */
import { type FromViewer, LOGS_SUBPROTOCOL, SEEN_EVERY } from '@appflux/protocol';
import { WebSocket } from 'ws';
import { percentile } from '../statistics.ts';
import type { ViewersAnswer, ViewersOrder } from './viewers.ts';

const say = (answer: ViewersAnswer) => process.send?.(answer);

/** The numbers of the first and of the last line of a frame, without parsing the rest. */
function rangeOf(frame: string): { first: number; last: number } {
  const first = /"lines":\[\{"seq":(\d+)/.exec(frame)?.[1];
  const last = /^"seq":(\d+)/.exec(frame.slice(frame.lastIndexOf('"seq":')))?.[1];
  return { first: Number(first), last: Number(last) };
}

/** When the lines of a frame were written: their text begins with it. */
function writtenAt(frame: string): number[] {
  const { lines } = JSON.parse(frame) as { lines: { text: string }[] };
  return lines.map(({ text }) => Number.parseFloat(text));
}

function run({ url, protocols, count, after, last, timed }: ViewersOrder): void {
  let open = 0;
  let complete = 0;
  let bytes = 0;
  const latencies: number[] = [];
  // Every viewer gets the same frame: it is parsed once.
  let read: { frame: string; times: number[] } = { frame: '', times: [] };
  for (let viewer = 0; viewer < count; viewer += 1) {
    const socket = new WebSocket(url, [...protocols], { perMessageDeflate: false });
    let seen = after;
    let length = 0;
    let reported = 0;
    socket.once('open', () => {
      if (socket.protocol !== '' && socket.protocol !== LOGS_SUBPROTOCOL) throw new Error('another protocol');
      open += 1;
      if (open === count) say({ type: 'connected' });
    });
    socket.on('message', (data: Buffer) => {
      const frame = data.toString();
      length += frame.length;
      if (length - reported >= SEEN_EVERY) {
        reported = length;
        socket.send(JSON.stringify({ type: 'seen', length } satisfies FromViewer));
      }
      if (!frame.startsWith('{"type":"lines"')) return;
      const range = rangeOf(frame);
      if (range.first !== seen + 1) throw new Error(`line ${range.first} came after line ${seen}`);
      seen = range.last;
      bytes += data.length;
      if (timed) {
        const now = performance.timeOrigin + performance.now();
        if (read.frame !== frame) read = { frame, times: writtenAt(frame) };
        for (const time of read.times) latencies.push(now - time);
      }
      if (seen < last) return;
      complete += 1;
      if (complete < count) return;
      say({
        type: 'complete',
        bytes,
        latency: timed
          ? {
              lines: latencies.length,
              p50Ms: percentile(latencies, 0.5),
              p99Ms: percentile(latencies, 0.99),
              maxMs: percentile(latencies, 1),
            }
          : null,
      });
    });
  }
}

process.once('message', (order) => run(order as ViewersOrder));
process.once('disconnect', () => process.exit(0));
