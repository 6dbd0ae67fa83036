import { expect, test } from 'vitest';
import { UnconfirmedFrames } from './unconfirmed-frames.ts';

function resent(frames: UnconfirmedFrames): string[] {
  const sent: string[] = [];
  frames.resend((frame) => {
    sent.push(frame);
    return 100;
  });
  return sent;
}

test('a frame is certain once a line is acknowledged that was sent after it', () => {
  const frames = new UnconfirmedFrames();
  frames.add('a', 4);
  frames.add('b', 7);
  frames.confirm(4);
  expect(resent(frames)).toEqual(['a', 'b']);
});

test('what is certain is not sent again, and the rest keeps its order', () => {
  const frames = new UnconfirmedFrames();
  frames.add('a', 4);
  frames.add('b', 7);
  frames.add('c', 9);
  frames.confirm(8);
  expect(resent(frames)).toEqual(['c']);
});

test('a frame that could not be sent is never certain, nor is what came after it', () => {
  const frames = new UnconfirmedFrames();
  frames.add('a', undefined);
  frames.add('b', 1);
  frames.confirm(50);
  expect(resent(frames)).toEqual(['a', 'b']);
  frames.confirm(101);
  expect(resent(frames)).toEqual([]);
});

test('a frame that an edge has to accept is not sent again to one that does not', () => {
  const frames = new UnconfirmedFrames();
  frames.add('a', 4);
  frames.add('b', 5, 'details');
  frames.keep(['site_base', 'details']);
  expect(resent(frames)).toEqual(['a', 'b']);
  frames.keep(['site_base']);
  expect(resent(frames)).toEqual(['a']);
});
