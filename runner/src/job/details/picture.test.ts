import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkedPicture } from './picture.ts';

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const header = (width: number, height: number, rest = [8, 6, 0, 0, 0]) => {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(width, 0);
  bytes.writeUInt32BE(height, 4);
  bytes.set(rest, 8);
  return chunk('IHDR', bytes);
};
const rows = (width: number, height: number) =>
  chunk('IDAT', deflateSync(Buffer.alloc((width * 4 + 1) * height)));
const END = chunk('IEND', Buffer.alloc(0));
const png = (...chunks: Buffer[]) => Buffer.concat([SIGNATURE, ...chunks]);

const webp = (...chunks: [string, number[]][]) => {
  const body = Buffer.concat(
    chunks.map(([type, data]) => {
      const head = Buffer.alloc(8);
      head.write(type, 0, 'latin1');
      head.writeUInt32LE(data.length, 4);
      return Buffer.concat([head, Buffer.from(data), Buffer.alloc(data.length % 2)]);
    }),
  );
  const head = Buffer.alloc(12);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(body.length + 4, 4);
  head.write('WEBP', 8, 'latin1');
  return Buffer.concat([head, body]);
};
const LOSSY = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 48, 0, 48, 0];
const LOSSLESS = [0x2f, 47, 0xc0, 0x0b, 0];

describe('a PNG', () => {
  it('is taken without what is not the picture', () => {
    const text = chunk('tEXt', Buffer.from('Comment\0<script>'));
    const profile = chunk('iCCP', Buffer.alloc(50));
    const plain = png(header(4, 4), rows(4, 4), END);
    expect(
      checkedPicture(png(header(4, 4), text, profile, rows(4, 4), END, Buffer.from('<script>'))),
    ).toEqual({
      type: 'image/png',
      bytes: plain,
    });
  });

  it.each([
    ['too wide', png(header(513, 4), rows(513, 4), END)],
    ['of no size', png(header(0, 4), rows(0, 4), END)],
    ['of billions of pixels', png(header(0xffffffff, 0xffffffff), rows(4, 4), END)],
    ['interlaced', png(header(4, 4, [8, 6, 0, 0, 1]), rows(4, 4), END)],
    ['of an unknown color type', png(header(4, 4, [8, 5, 0, 0, 0]), rows(4, 4), END)],
    ['with too few rows', png(header(4, 4), rows(4, 3), END)],
    ['with more rows than it says', png(header(4, 4), rows(500, 500), END)],
    ['without an end', png(header(4, 4), rows(4, 4))],
    ['without a header', png(rows(4, 4), END)],
    ['with two headers', png(header(4, 4), header(4, 4), rows(4, 4), END)],
    ['with a wrong checksum', png(header(4, 4), rows(4, 4), Buffer.from(END).fill(1, 8, 9))],
    ['that is a script', Buffer.from('<svg onload=alert(1)>')],
    ['that is empty', Buffer.alloc(0)],
    ['that is large', png(header(4, 4), chunk('tEXt', Buffer.alloc(70_000)), rows(4, 4), END)],
  ])('%s is not taken', (_, bytes) => {
    expect(checkedPicture(bytes)).toBeNull();
  });
});

describe('a WebP', () => {
  it.each([
    ['lossy', webp(['VP8 ', LOSSY])],
    ['lossless', webp(['VP8L', LOSSLESS])],
    [
      'with an alpha channel',
      webp(['VP8X', [0x10, 0, 0, 0, 47, 0, 0, 47, 0, 0]], ['ALPH', [0, 1]], ['VP8 ', LOSSY]),
    ],
  ])('%s is taken as it is', (_, bytes) => {
    expect(checkedPicture(bytes)).toEqual({ type: 'image/webp', bytes });
  });

  it.each([
    ['an animation', webp(['VP8X', [0x02, 0, 0, 0, 47, 0, 0, 47, 0, 0]], ['VP8 ', LOSSY])],
    ['one with frames', webp(['VP8 ', LOSSY], ['ANMF', [0, 0]])],
    ['one with metadata', webp(['VP8 ', LOSSY], ['EXIF', [0, 0]])],
    ['one of two pictures', webp(['VP8 ', LOSSY], ['VP8 ', LOSSY])],
    ['one of none', webp(['ALPH', [0, 0]])],
    ['one that is too large', webp(['VP8X', [0x10, 0, 0, 0, 0xff, 0xff, 0, 47, 0, 0]], ['VP8 ', LOSSY])],
    ['one that says another length', Buffer.concat([webp(['VP8 ', LOSSY]), Buffer.from('<html>')])],
    ['one that is cut', webp(['VP8 ', LOSSY]).subarray(0, 24)],
  ])('%s is not taken', (_, bytes) => {
    expect(checkedPicture(bytes)).toBeNull();
  });
});

it('whatever is broken in a picture, it is taken or not', () => {
  const whole = [
    png(header(4, 4), rows(4, 4), END),
    webp(['VP8X', [0x10, 0, 0, 0, 47, 0, 0, 47, 0, 0]], ['VP8 ', LOSSY]),
  ];
  const changes = fc.array(fc.tuple(fc.nat(70), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...whole), changes, fc.nat(90), (bytes, harm, cut) => {
      const copy = Buffer.from(bytes);
      for (const [at, value] of harm) if (at < copy.length) copy[at] = value;
      checkedPicture(copy.subarray(0, cut));
      checkedPicture(copy);
    }),
    { numRuns: 2_000 },
  );
});
