import { expect, test } from 'vitest';
import { RESTORING } from '../../runner/src/job/stage-log.ts';
import { commandTimes } from './command-times.ts';

const line = (second: number, text: string, stream: 'system' | 'stdout' = 'system') => ({
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  stream,
  text,
});

test('a command lasts from its own line to the line that reports its end', () => {
  const lines = [
    line(0, '$ npm ci'),
    line(1, '$ node install.js', 'stdout'),
    line(3, 'Installed in 3.0 s.'),
    line(3, '$ npm run build'),
    line(4, 'Built in 0 s', 'stdout'),
    line(8, 'Built in 5.0 s.'),
  ];
  expect(commandTimes(lines)).toEqual({ install: 3, build: 5 });
});

test('a missing command takes no time', () => {
  expect(commandTimes([line(0, '$ gradle assembleRelease'), line(9, 'Built in 9.0 s.')])).toEqual({
    install: 0,
    build: 9,
  });
});

test('reused packages take the time of restoring them', () => {
  expect(
    commandTimes([
      line(0, `${RESTORING} npm ci`),
      line(1, 'Installed in 1.0 s.'),
      line(1, '$ npm run build'),
    ]),
  ).toEqual({ install: 1, build: 0 });
});
