import { describe, expect, test } from 'vitest';
import { MAX_PICTURE_BYTES, pictureBytes } from './picture.ts';
import { webpPixels } from './webp.ts';

/** The head of a WebP file as RFC 9649 describes it; what follows is not looked at. */
function webp(chunk: 'VP8 ' | 'VP8L' | 'VP8X', width: number, height: number, length = 64): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const write = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  write(0, 'RIFF');
  view.setUint32(4, length - 8, true);
  write(8, 'WEBP');
  write(12, chunk);
  if (chunk === 'VP8 ') {
    bytes.set([0x9d, 0x01, 0x2a], 23);
    view.setUint16(26, width, true);
    view.setUint16(28, height, true);
  } else if (chunk === 'VP8L') {
    bytes[20] = 0x2f;
    view.setUint32(21, ((height - 1) << 14) | (width - 1), true);
  } else {
    for (const [at, pixels] of [
      [24, width],
      [27, height],
    ] as const) {
      bytes[at] = (pixels - 1) & 0xff;
      bytes[at + 1] = (pixels - 1) >> 8;
    }
  }
  return bytes;
}
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

describe('a picture', () => {
  test.each(['VP8 ', 'VP8L', 'VP8X'] as const)('of the kind %s has its pixels', (kind) => {
    expect(webpPixels(webp(kind, 1280, 800))).toEqual({ width: 1280, height: 800 });
    expect(pictureBytes(base64(webp(kind, 1280, 800)), 'wide')).not.toBeNull();
    expect(pictureBytes(base64(webp(kind, 390, 844)), 'phone')).not.toBeNull();
    expect(pictureBytes(base64(webp(kind, 390, 844)), 'wide')).toBeNull();
  });

  const good = webp('VP8 ', 1280, 800);
  const changed = (at: number, byte: number) => {
    const bytes = good.slice();
    bytes[at] = byte;
    return bytes;
  };
  const animated = webp('VP8X', 1280, 800);
  animated[20] = 0b10;

  test.each([
    ['nothing', new Uint8Array()],
    ['HTML', new TextEncoder().encode('<script>alert(1)</script>'.padEnd(64))],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, ...new Array(60).fill(0))],
    ['another container', changed(8, 0x41)],
    ['another chunk', changed(15, 0x41)],
    ['no start code', changed(23, 0)],
    ['a cut-off file', good.slice(0, 40)],
    ['a file with something behind it', new Uint8Array([...good, ...new Array(10).fill(1)])],
    ['an animation', animated],
    ['a file that is too large', webp('VP8 ', 1280, 800, MAX_PICTURE_BYTES + 2)],
  ])('is not %s', (_, bytes) => {
    expect(pictureBytes(base64(bytes), 'wide')).toBeNull();
  });

  test('is not text that is no base64', () => {
    expect(pictureBytes('????', 'wide')).toBeNull();
  });
});
