/** Keys of SSH as text: OpenSSH's format of private keys (PROTOCOL.key in its source), public keys, lines of known_hosts. Pure. */
import { AppFluxError, SshHostKey } from '@appflux/protocol';

const MAGIC = 'openssh-key-v1\0';
const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----';
const END = '-----END OPENSSH PRIVATE KEY-----';
const ED25519 = 'ssh-ed25519';
/** Columns of base64 in a key file. */
const COLUMNS = 70;
/** The block size of a key that is not encrypted. */
const BLOCK = 8;

const encoder = new TextEncoder();

/** A new private key of Ed25519 (RFC 8709), in OpenSSH's format. @param comment is part of the file, and names the key */
export async function createPrivateKey(comment: string): Promise<string> {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new Error('Ed25519 has no key pair here');
  const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey);
  if ('byteLength' in jwk) throw new Error('A JWK is an object');
  const secret = fromBase64Url(jwk.d ?? '');
  const open = fromBase64Url(jwk.x ?? '');
  const blob = concat(field(encoder.encode(ED25519)), field(open));
  const check = crypto.getRandomValues(new Uint8Array(4));
  const keys = concat(check, check, blob, field(concat(secret, open)), field(encoder.encode(comment)));
  const padding = Uint8Array.from(
    { length: (BLOCK - (keys.length % BLOCK)) % BLOCK },
    (_, index) => index + 1,
  );
  const none = field(encoder.encode('none'));
  const file = concat(
    encoder.encode(MAGIC),
    none,
    none,
    field(new Uint8Array(0)),
    uint32(1),
    field(blob),
    field(concat(keys, padding)),
  );
  const lines = toBase64(file).match(new RegExp(`.{1,${COLUMNS}}`, 'g')) ?? [];
  return [BEGIN, ...lines, END, ''].join('\n');
}

/**
 * A private key as it is kept: with the line ends that OpenSSH reads, and its public key where the format shows it.
 * Throws `unprocessable` for what is no private key, or has a passphrase.
 */
export function readPrivateKey(text: string): { privateKey: string; publicKey: string | null } {
  const privateKey = `${text.trim().replace(/\r\n?/g, '\n')}\n`;
  const [, label, body] =
    /^-----BEGIN ([A-Z ]*PRIVATE KEY)-----\n([\s\S]+)\n-----END \1-----\n$/.exec(privateKey) ?? [];
  if (label === undefined || body === undefined) {
    throw new AppFluxError('unprocessable', 'This is not a private SSH key', {
      hint: 'Send the whole file, from “-----BEGIN” to “-----END”. The file that ends in .pub is the public half.',
    });
  }
  if (label.startsWith('ENCRYPTED') || /^Proc-Type: 4,ENCRYPTED/m.test(body)) throw hasPassphrase();
  return { privateKey, publicKey: label === 'OPENSSH PRIVATE KEY' ? publicKeyOf(body) : null };
}

/** The public key in the body of OpenSSH's format, which holds it in the clear. */
function publicKeyOf(body: string): string {
  const reader = new Reader(fromBase64(body.replace(/\s/g, '')));
  if (reader.text(MAGIC.length) !== MAGIC) throw broken();
  const cipher = reader.fieldText();
  reader.field();
  reader.field();
  if (cipher !== 'none') throw hasPassphrase();
  if (reader.uint32() !== 1) throw broken();
  const blob = reader.field();
  const type = new Reader(blob).fieldText();
  return `${type} ${toBase64(blob)}`;
}

const broken = () =>
  new AppFluxError('unprocessable', 'The private SSH key is damaged', { hint: 'Copy the whole file again.' });

const hasPassphrase = () =>
  new AppFluxError('unprocessable', 'The private SSH key has a passphrase', {
    hint: 'Create a key without one for this app (`ssh-keygen -N ""`), or let AppFlux create it.',
  });

/**
 * The keys in lines of known_hosts (sshd(8)) or of the output of ssh-keyscan(1), each once: type and base64. Hosts are not
 * read, since all keys are meant for one. Throws `unprocessable` for a line that has no key, or is about revoked keys.
 */
export function readHostKeys(knownHosts: string): string[] {
  const keys = new Set<string>();
  for (const [index, line] of knownHosts.split(/\r\n|\n|\r/).entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) continue;
    const at = words.findIndex((word) => /^(?:ssh|ecdsa|sk)-/.test(word));
    const key = SshHostKey.safeParse(`${words[at] ?? ''} ${words[at + 1] ?? ''}`);
    if (at > 1 || words[0]?.startsWith('@') || !key.success) {
      throw new AppFluxError('unprocessable', `Line ${index + 1} of the known hosts has no host key`, {
        hint: 'Send lines of `ssh-keyscan HOST`, compared with the fingerprints that the host publishes.',
        issues: [{ path: 'knownHosts', message: `Line ${index + 1} has no host key` }],
      });
    }
    keys.add(key.data);
  }
  return [...keys];
}

/** The fingerprint of a key, as `ssh-keygen -l` prints it. @param key type and base64 */
export async function fingerprint(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', fromBase64(key.split(' ')[1] ?? ''));
  return `SHA256:${toBase64(new Uint8Array(digest)).replace(/=+$/, '')}`;
}

/** Reads the fields of RFC 4251 §5. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  uint32(): number {
    const bytes = this.#take(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  }

  field(): Uint8Array {
    return this.#take(this.uint32());
  }

  fieldText(): string {
    return new TextDecoder().decode(this.field());
  }

  text(length: number): string {
    return new TextDecoder().decode(this.#take(length));
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw broken();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const field = (bytes: Uint8Array): Uint8Array => concat(uint32(bytes.length), bytes);

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    // InvalidCharacterError: the text is from outside.
    throw broken();
  }
}

const fromBase64Url = (text: string): Uint8Array =>
  fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
