/** Verifies a minisign signature as Tauri's updater does (https://jedisct1.github.io/minisign/#signature-format). */
import { createHash, createPublicKey, verify } from 'node:crypto';

/** Before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** Whether a `.sig` text is the signature of these bytes by the key of a `.pub` text; both are base64 of minisign's files. */
export function isSigned(bytes: Buffer, signature: string, publicKey: string): boolean {
  const [, keyLine = ''] = linesOf(publicKey);
  const [, line = '', comment = '', globalLine = ''] = linesOf(signature);
  const raw = Buffer.from(keyLine, 'base64');
  const signed = Buffer.from(line, 'base64');
  const key = createPublicKey({
    key: Buffer.concat([SPKI, raw.subarray(10)]),
    format: 'der',
    type: 'spki',
  });
  if (!signed.subarray(2, 10).equals(raw.subarray(2, 10))) return false;
  const ofBytes = signed.subarray(10);
  const hash = createHash('blake2b512').update(bytes).digest();
  const trusted = Buffer.from(comment.replace(/^trusted comment: /, ''));
  return (
    verify(null, hash, key, ofBytes) &&
    verify(null, Buffer.concat([ofBytes, trusted]), key, Buffer.from(globalLine, 'base64'))
  );
}

const linesOf = (text: string): string[] => Buffer.from(text, 'base64').toString('utf8').split('\n');
