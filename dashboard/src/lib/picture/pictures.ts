/** The pictures that this page has fetched. */
import { api } from '#lib/session/index.ts';
import { PictureCache } from './picture-cache.ts';

export const pictures = new PictureCache(api);
