/** Delivers sites as runners do, for tests of deployments. */
import { SITE_PACK_TYPE } from '@appflux/protocol';
import { type MadePack, sha256Hex } from '../../sites/testing/pack.ts';
import type { Connected } from '../../testing/attempt.ts';

/** The artifact that stands for a site. */
export const PACK_NAME = 'hello-1.0.zip';

/** Uploads a pack; gives the last answer. */
export async function uploadPack(
  connected: Connected,
  { bytes }: Pick<MadePack, 'bytes'>,
  sha256 = sha256Hex(bytes),
  name = PACK_NAME,
) {
  const file = {
    name,
    size: bytes.length,
    sha256,
    contentType: SITE_PACK_TYPE,
    meta: { entry: 'index.html' },
  };
  connected.send({ type: 'upload', request: name, ...file });
  const granted = await connected.either('upload_granted', 'upload_refused');
  if (granted.type === 'upload_refused') return granted;
  const parts = [];
  const partSize = granted.partSize ?? bytes.length;
  for (const { partNumber, url } of granted.parts ?? []) {
    const body = bytes.slice((partNumber - 1) * partSize, partNumber * partSize);
    const put = await fetch(url, { method: 'PUT', body });
    parts.push({ partNumber, etag: put.headers.get('etag') ?? '' });
  }
  connected.send({ type: 'uploaded', request: name, name, parts });
  return connected.either('upload_done', 'upload_refused');
}

/** Reports the attempt's success; gives the answer. */
export async function finishWith({ send, next }: Connected, names = [PACK_NAME]) {
  send({ type: 'finish', result: { status: 'success', artifacts: names } });
  return next('finished');
}
