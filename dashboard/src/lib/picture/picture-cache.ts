/** Pictures of sites for `<img>`: they need the token, so they are fetched and shown as data URLs. */
import type { Client } from '@appflux/client';
import type { PictureSize } from '@appflux/protocol';

/** How many pictures are kept: more than a page shows. */
const MOST = 60;

/** What a picture's URL names; null if it is no such URL. */
export function parsePictureUrl(url: string): { id: string; v: string } | null {
  const parsed = URL.parse(url);
  const id = /^\/api\/deployments\/([0-9a-f]{24})\/picture$/.exec(parsed?.pathname ?? '')?.[1];
  const v = parsed?.searchParams.get('v');
  return id === undefined || v == null ? null : { id, v };
}

/** Fetches pictures, each once: its URL changes with it. */
export class PictureCache {
  readonly #api: Pick<Client, 'deployments'>;
  readonly #pictures = new Map<string, Promise<string | null>>();

  constructor(api: Pick<Client, 'deployments'>) {
    this.#api = api;
  }

  /** The picture as a data URL; null if it can't be shown, whyever: then there is something else in its place. */
  get(url: string, size: PictureSize): Promise<string | null> {
    const key = `${size} ${url}`;
    const known = this.#pictures.get(key);
    if (known !== undefined) return known;
    const picture = this.#fetch(url, size).catch(() => {
      // It was removed, or the connection is gone: the next visit of a page asks again.
      this.#pictures.delete(key);
      return null;
    });
    this.#pictures.set(key, picture);
    const [oldest] = this.#pictures.keys();
    if (this.#pictures.size > MOST && oldest !== undefined) this.#pictures.delete(oldest);
    return picture;
  }

  async #fetch(url: string, size: PictureSize): Promise<string | null> {
    const named = parsePictureUrl(url);
    if (named === null) return null;
    const blob = await this.#api.deployments.picture(named.id, { size, v: named.v });
    // Whatever the response says it is: nothing but an image is shown.
    return dataUrl(new Blob([blob], { type: 'image/webp' }));
  }
}

const dataUrl = (blob: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
