import fc from 'fast-check';
import { expect, test } from 'vitest';
import { demultiplex } from './demux.ts';

function frame(type: number, text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.from([type, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

async function* inPieces(bytes: Buffer, places: readonly number[]) {
  const borders = [0, ...places.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [index, end] of borders.slice(1).entries()) yield bytes.subarray(borders[index], end);
}

test('property: both streams come out whole, however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string({ maxLength: 20 })), { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 10 }),
      async (frames, places) => {
        const bytes = Buffer.concat(frames.map(([type, text]) => frame(type, text)));
        const read = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
        for await (const { stream, bytes: part } of demultiplex(inPieces(bytes, places)))
          read[stream].push(part);
        const written = (wanted: number) =>
          frames.map(([type, text]) => (type === wanted ? text : '')).join('');
        expect(Buffer.concat(read.stdout).toString()).toBe(written(1));
        expect(Buffer.concat(read.stderr).toString()).toBe(written(2));
      },
    ),
    { numRuns: 500 },
  );
});

test('a frame that is cut off by the end of the stream is given as far as it came', async () => {
  const parts: string[] = [];
  for await (const { bytes } of demultiplex(inPieces(frame(1, 'whole and cut').subarray(0, 13), []))) {
    parts.push(Buffer.from(bytes).toString());
  }
  expect(parts).toEqual(['whole']);
});
