import { beforeEach, describe, expect, test } from 'vitest';
import { FIRST_STOP_MS, LONGEST_STOP_MS, Strikes } from './strikes.ts';

let strikes: Strikes;
let run: number;
beforeEach(() => {
  strikes = new Strikes();
  run = 0;
});

const kindOf = (id: string, now: number) => strikes.admit(id, now).kind;
const end = (now: number) => {
  run += 1;
  return strikes.processEnded(run, now);
};

/** A request that is answered and behaves. */
function behave(id: string, now: number): void {
  expect(['free', 'alone']).toContain(kindOf(id, now));
  strikes.ended(id, now);
  strikes.settled(id, now);
}

describe('until a process ends', () => {
  test('requests run beside each other', () => {
    expect([kindOf('a', 0), kindOf('a', 0), kindOf('b', 0)]).toEqual(['free', 'free', 'free']);
  });
});

describe('after a process has ended', () => {
  test('those in flight run one at a time, others as ever', () => {
    kindOf('a', 0);
    kindOf('b', 0);
    expect(end(1)).toBeNull();
    strikes.ended('a', 1);
    strikes.ended('b', 1);
    expect(kindOf('a', 2)).toBe('alone');
    expect(kindOf('b', 2)).toBe('wait');
    expect(kindOf('a', 2)).toBe('wait');
    expect(kindOf('c', 2)).toBe('free');
    strikes.ended('a', 3);
    expect(kindOf('b', 3)).toBe('wait');
    strikes.settled('a', 4);
    expect(kindOf('a', 4)).toBe('free');
    expect(kindOf('b', 4)).toBe('alone');
  });

  test('those that were active shortly before are suspects as well, and those with a WebSocket', () => {
    behave('recent', 50_000);
    behave('old', 1_000);
    kindOf('socket', 1_000);
    strikes.ended('socket', 1_000, true);
    end(70_000);
    expect(kindOf('old', 70_001)).toBe('free');
    expect(kindOf('recent', 70_001)).toBe('alone');
    strikes.settled('recent', 70_002);
    expect(kindOf('socket', 70_002)).toBe('alone');
  });

  test('an end counts once, however many requests notice it', () => {
    kindOf('a', 0);
    strikes.processEnded(1, 0);
    strikes.ended('a', 0);
    expect(kindOf('a', 1)).toBe('alone');
    // Another request of the process that ended first notices late.
    expect(strikes.processEnded(1, 1)).toBeNull();
    expect(kindOf('a', 1)).toBe('wait');
  });
});

describe('who is alone when the process ends again', () => {
  beforeEach(() => {
    kindOf('a', 0);
    kindOf('b', 0);
    end(1);
    strikes.ended('a', 1);
    strikes.ended('b', 1);
  });

  test('is stopped, each time for twice as long, and the others are not', () => {
    let now = 2;
    for (const forMs of [1, 2, 4, 8, 16, 32, 60, 60].map((minutes) => minutes * FIRST_STOP_MS)) {
      expect(kindOf('a', now)).toBe('alone');
      expect(end(now)).toBe('a');
      strikes.ended('a', now);
      expect(strikes.admit('a', now)).toEqual({ kind: 'stopped', until: now + forMs });
      expect(strikes.admit('a', now + forMs - 1).kind).toBe('stopped');
      now += forMs;
    }
    expect(LONGEST_STOP_MS).toBe(60 * FIRST_STOP_MS);
  });

  test('frees the turn for the next suspect', () => {
    kindOf('a', 2);
    end(3);
    expect(kindOf('b', 4)).toBe('alone');
  });

  test('is not, if another one was in flight beside it: that becomes a suspect', () => {
    kindOf('a', 2);
    kindOf('newcomer', 2);
    expect(end(3)).toBeNull();
    strikes.ended('a', 3);
    strikes.ended('newcomer', 3);
    expect(kindOf('newcomer', 4)).toBe('alone');
    expect(kindOf('a', 4)).toBe('wait');
    expect(end(5)).toBe('newcomer');
    strikes.ended('newcomer', 5);
    expect(kindOf('a', 6)).toBe('alone');
  });

  test('stays alone for longer with each strike after its answer, and is stopped at the fourth', () => {
    const settle: number[] = [];
    let stopped: string | null = null;
    for (let now = 2; stopped === null; now += 1) {
      kindOf('a', now);
      strikes.ended('a', now);
      settle.push(strikes.settleMs('a', now));
      stopped = end(now);
    }
    expect(settle).toEqual([100, 400, 1_600, 5_000]);
    expect(stopped).toBe('a');
  });

  test('a new deployment of the same app is free', () => {
    kindOf('a', 2);
    end(3);
    expect(kindOf('a-next', 4)).toBe('free');
  });
});

test('a request that never reached the server gives the turn back, and stays a suspect', () => {
  kindOf('a', 0);
  end(1);
  strikes.ended('a', 1);
  kindOf('a', 2);
  strikes.released('a');
  expect(kindOf('a', 3)).toBe('alone');
});

test('strikes are forgotten after hours without another', () => {
  kindOf('a', 0);
  end(1);
  strikes.ended('a', 1);
  expect(kindOf('a', 2 + 3 * LONGEST_STOP_MS)).toBe('free');
});

test('what is remembered has a limit, and who was struck is kept', () => {
  kindOf('struck', 0);
  end(0);
  strikes.ended('struck', 0);
  for (let index = 0; index < 5_000; index += 1) behave(`site-${index}`, 100_000 + index * 100);
  expect(kindOf('struck', 700_000)).toBe('alone');
});
