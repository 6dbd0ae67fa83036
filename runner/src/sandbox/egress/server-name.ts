/**
 * The server name in the first bytes of a TLS connection. Many hosts answer for many names (a content network's
 * for all its customers'), so a tunnel to an allowed host is only let through if what goes through it names that host too.
 */

export type Hello =
  /** Undecided until there are `needed` bytes in total. */
  | { readonly kind: 'incomplete'; readonly needed: number }
  /** A ClientHello; `serverName` is in lower case, or null if it names none. */
  | { readonly kind: 'tls'; readonly serverName: string | null }
  | { readonly kind: 'not_tls' };

/** The longest ClientHello that is read, in bytes; real ones have up to two thousand. */
const MAX_HELLO_BYTES = 16_384;
/** Into how many records it may be cut: so few that reading from the start each time stays cheap. */
const MAX_RECORDS = 8;

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME_EXTENSION = 0;
const HOST_NAME = 0;

const NOT_TLS: Hello = { kind: 'not_tls' };

/** Reads the start of a connection: TLS records (RFC 8446 §5.1) that carry a ClientHello (§4.1.2). */
export function readHello(bytes: Buffer): Hello {
  const fragments: Buffer[] = [];
  let start = 0;
  for (let record = 0; record < MAX_RECORDS; record += 1) {
    if (bytes.length > start && bytes[start] !== HANDSHAKE_RECORD) return NOT_TLS;
    if (bytes.length < start + 5)
      return { kind: 'incomplete', needed: bytes.length > start ? start + 5 : start + 1 };
    const length = bytes.readUInt16BE(start + 3);
    if (bytes[start + 1] !== 3 || length === 0 || length > MAX_HELLO_BYTES) return NOT_TLS;
    const end = start + 5 + length;
    if (bytes.length < end) return { kind: 'incomplete', needed: end };
    fragments.push(bytes.subarray(start + 5, end));
    const message = Buffer.concat(fragments);
    if (message[0] !== CLIENT_HELLO) return NOT_TLS;
    if (message.length >= 4) {
      const helloEnd = 4 + message.readUIntBE(1, 3);
      if (helloEnd > MAX_HELLO_BYTES) return NOT_TLS;
      if (message.length >= helloEnd) return readClientHello(message.subarray(4, helloEnd));
    }
    start = end;
  }
  return NOT_TLS;
}

function readClientHello(body: Buffer): Hello {
  try {
    const hello = new Reader(body);
    hello.skip(2 + 32);
    hello.vector(1);
    hello.vector(2);
    hello.vector(1);
    return { kind: 'tls', serverName: hello.atEnd ? null : serverNameIn(new Reader(hello.vector(2))) };
  } catch (error) {
    if (error instanceof RangeError) return NOT_TLS;
    throw error;
  }
}

/** The host name of the server_name extension (RFC 6066 §3), which may hold one only. */
function serverNameIn(extensions: Reader): string | null {
  let found: string | null = null;
  while (!extensions.atEnd) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type !== SERVER_NAME_EXTENSION) continue;
    const names = new Reader(new Reader(content).vector(2));
    while (!names.atEnd) {
      const kind = names.number(1);
      const name = names.vector(2);
      // Two names, or a name of another kind: nobody can tell which one the server would take.
      if (kind !== HOST_NAME || found !== null) throw new RangeError('more than one server name');
      found = name.toString('latin1').toLowerCase();
    }
  }
  return found;
}

/** Reads big-endian numbers and length-prefixed vectors (RFC 8446 §3); throws RangeError past the end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  skip(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('past the end');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  number(size: number): number {
    return this.skip(size).readUIntBE(0, size);
  }

  vector(sizeOfLength: number): Buffer {
    return this.skip(this.number(sizeOfLength));
  }
}
