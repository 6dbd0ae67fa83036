import { expect, test, vi } from 'vitest';
import { PictureCache, parsePictureUrl } from './picture-cache.ts';

const URL_OF = (id: string, v = '1') => `https://flux.example.com/api/deployments/${id}/picture?v=${v}`;
const ID = '66f2a1c04b7e9d0000000001';

test('a picture’s URL names its deployment and itself', () => {
  expect(parsePictureUrl(URL_OF(ID, '17'))).toEqual({ id: ID, v: '17' });
});

test.each([
  '',
  'picture',
  `https://flux.example.com/api/deployments/${ID}/picture`,
  `https://flux.example.com/api/deployments/${ID}/logs?v=1`,
  'https://flux.example.com/api/deployments/../apps/picture?v=1',
])('%j is no such URL', (url) => {
  expect(parsePictureUrl(url)).toBeNull();
});

function cache(answer: () => Promise<Blob>) {
  class Reader {
    result = 'data:image/webp;base64,AA==';
    onload: (() => void) | null = null;
    onerror = null;
    readAsDataURL() {
      queueMicrotask(() => this.onload?.());
    }
  }
  vi.stubGlobal('FileReader', Reader);
  const picture = vi.fn(answer);
  return { picture, pictures: new PictureCache({ deployments: { picture } } as never) };
}

test('a picture is fetched once for each size, and again when its URL is another', async () => {
  const { picture, pictures } = cache(async () => new Blob());
  for (const url of [URL_OF(ID), URL_OF(ID), URL_OF(ID, '2')])
    expect(await pictures.get(url, 'wide')).toMatch(/^data:image\/webp/);
  await pictures.get(URL_OF(ID), 'phone');
  expect(picture.mock.calls).toEqual([
    [ID, { size: 'wide', v: '1' }],
    [ID, { size: 'wide', v: '2' }],
    [ID, { size: 'phone', v: '1' }],
  ]);
});

test('what can’t be fetched is null, and is asked for again later', async () => {
  const { picture, pictures } = cache(() => Promise.reject(new Error('offline')));
  expect(await pictures.get(URL_OF(ID), 'wide')).toBeNull();
  expect(await pictures.get(URL_OF(ID), 'wide')).toBeNull();
  expect(picture).toHaveBeenCalledTimes(2);
});

test('only as many are kept as a page shows', async () => {
  const { picture, pictures } = cache(async () => new Blob());
  for (let n = 0; n < 61; n++) await pictures.get(URL_OF(ID, String(n)), 'wide');
  await pictures.get(URL_OF(ID, '0'), 'wide');
  expect(picture).toHaveBeenCalledTimes(62);
});
