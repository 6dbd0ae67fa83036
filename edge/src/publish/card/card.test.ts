import { env, exports } from 'cloudflare:workers';
import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { request } from '../../testing/worker.ts';
import { CARD, cardPng } from './draw.ts';
import { encodePng } from './png.ts';

/** The chunks of a PNG, with their checksums checked. */
function chunksOf(png: Uint8Array): { type: string; data: Uint8Array }[] {
  const view = new DataView(png.buffer, png.byteOffset);
  const chunks: { type: string; data: Uint8Array }[] = [];
  for (let at = 8; at < png.length; ) {
    const length = view.getUint32(at);
    const type = new TextDecoder().decode(png.subarray(at + 4, at + 8));
    expect(view.getUint32(at + 8 + length)).toBe(crc32(png.subarray(at + 4, at + 8 + length)));
    chunks.push({ type, data: png.slice(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

const rowsOf = (png: Uint8Array) =>
  new Uint8Array(inflateSync(chunksOf(png).find(({ type }) => type === 'IDAT')?.data ?? new Uint8Array()));

describe('a PNG', () => {
  test('holds its pixels, row by row', () => {
    const png = encodePng(2, 2, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
    expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    expect(chunksOf(png).map(({ type }) => type)).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect([...rowsOf(png)]).toEqual([0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12]);
  });

  test('of another number of bytes is refused', () => {
    expect(() => encodePng(2, 2, new Uint8Array(11))).toThrow(RangeError);
  });
});

describe('the card of a link', () => {
  test('is a small picture of its hue with a white arrow in the middle', async () => {
    const png = cardPng(255);
    expect(png.length).toBeLessThan(60_000);
    const rows = rowsOf(png);
    const pixel = (x: number, y: number) => [
      ...rows.subarray(y * (CARD.width * 3 + 1) + 1 + x * 3).subarray(0, 3),
    ];
    expect(pixel(CARD.width / 2, 150)).toEqual([255, 255, 255]);
    expect(pixel(5, 5).every((sample) => sample > 220)).toBe(true);
    const [red = 0, , blue = 0] = pixel(CARD.width / 2 - 60, 110);
    expect(blue - red).toBeGreaterThan(60);
  });

  test('is given by hue, and by nothing else', async () => {
    const response = await request('/a/-/card/255.png');
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('image/png');
    expect(new Uint8Array(await response.arrayBuffer()).length).toBeGreaterThan(500);
    for (const wrong of ['360.png', '-1.png', '1e1.png', '007.png', '255.svg', '255', '%32%2e'])
      expect((await request(`/a/-/card/${wrong}`)).status, wrong).toBe(404);
  });
});

test('a picture is kept once, whatever host and query it is asked for with', async () => {
  const put = vi.spyOn(caches.default, 'put');
  for (const url of ['/a/-/card/117.png', '/a/-/card/117.png?n=1', '/a/-/card/%3117.png?n=2'])
    expect((await request(url)).status).toBe(200);
  const elsewhere = new Request('http://127.0.0.9/a/-/card/117.png?n=3');
  expect((await exports.default.fetch(elsewhere)).status).toBe(200);
  const kept = new Set(put.mock.calls.map(([key]) => String(key)));
  expect([...kept]).toEqual([`${env.PUBLIC_URL}/a/-/card/117.png`]);
  put.mockRestore();
});
