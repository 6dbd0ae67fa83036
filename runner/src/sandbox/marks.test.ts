import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MarkedOutput, MarkFilter, parseMark } from './marks.ts';

const NONCE = '5f1e5f1e5f1d';

/** Output as one string, marks in guillemets. */
function read(pieces: readonly string[]): string {
  const filter = new MarkFilter(NONCE);
  const output: MarkedOutput[] = [...pieces.flatMap((piece) => filter.push(piece)), ...filter.flush()];
  return output.map((part) => ('text' in part ? part.text : `«${JSON.stringify(part.mark)}»`)).join('');
}

const RUN = `${NONCE} begin install\nadded 3 packages\n${NONCE} end install 0\n${NONCE} begin build\noops${NONCE} end build 2\n`;

test('marks are taken out of the output, also behind an unended line', () => {
  expect(read([RUN])).toBe(
    '«{"event":"begin","stage":"install"}»added 3 packages\n«{"event":"end","stage":"install","code":0}»' +
      '«{"event":"begin","stage":"build"}»oops«{"event":"end","stage":"build","code":2}»',
  );
});

test('the nonce without a mark behind it stays text', () => {
  for (const text of [
    `${NONCE} begin lunch\n`,
    `${NONCE}${'x'.repeat(100)}`,
    `a ${NONCE}`,
    NONCE.slice(0, 5),
  ]) {
    expect(read([text])).toBe(text);
  }
});

test('a mark has one exact form', () => {
  expect(parseMark(' end build 137')).toEqual({ event: 'end', stage: 'build', code: 137 });
  expect(parseMark(' begin ignore')).toEqual({ event: 'begin', stage: 'ignore' });
  expect(parseMark(' end ignore 0')).toEqual({ event: 'end', stage: 'ignore', code: 0 });
  expect(parseMark(' begin restore')).toEqual({ event: 'begin', stage: 'restore' });
  expect(parseMark(' end keep 1')).toEqual({ event: 'end', stage: 'keep', code: 1 });
  expect(parseMark(' begin prepare')).toEqual({ event: 'begin', stage: 'prepare' });
  expect(parseMark(' end server 1')).toEqual({ event: 'end', stage: 'server', code: 1 });
  expect(parseMark(' end build')).toBeUndefined();
  expect(parseMark(' begin install 0')).toBeUndefined();
});

test('property: how a stream is cut changes nothing', () => {
  const part = fc.constantFrom(
    NONCE,
    NONCE.slice(0, 7),
    '5f1e',
    'text',
    '\n',
    ' begin build\n',
    ' end install 1\n',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 10 }), fc.array(fc.nat(), { maxLength: 6 }), (parts, places) => {
      const whole = `${parts.join('')}${RUN}`;
      const borders = [0, ...places.map((at) => at % whole.length).sort((a, b) => a - b), whole.length];
      const pieces = borders.slice(1).map((end, index) => whole.slice(borders[index], end));
      expect(read(pieces)).toBe(read([whole]));
    }),
    { numRuns: 2000 },
  );
});
