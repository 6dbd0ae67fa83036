/**
 * The wire format of Protocol Buffers (protobuf.dev, "Encoding"), in which an app bundle has its manifest and resources.
 * Reads beyond a message throw.
 */
import { MalformedFile } from '../malformed.ts';

/** A field of a message: a number, or the bytes of a text or a message. Other kinds are skipped. */
export type Field =
  | { readonly number: number; readonly value: number }
  | { readonly number: number; readonly bytes: Buffer };

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The fields of a message in their order. Throws MalformedFile where one ends behind it. */
export function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at];
      if (byte === undefined) throw new MalformedFile('a number outside its message');
      at += 1;
      // Beyond 32 bits nothing that is read here has any.
      if (shift < 35) value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedFile('a number without an end');
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const kind = tag % 8;
    if (kind === VARINT) yield { number, value: varint() };
    else if (kind === BYTES) {
      const length = varint();
      if (at + length > message.length) throw new MalformedFile('a field outside its message');
      yield { number, bytes: message.subarray(at, at + length) };
      at += length;
    } else if (kind === FIXED64) at += 8;
    else if (kind === FIXED32) at += 4;
    else throw new MalformedFile(`a field of kind ${kind}`);
  }
}

/** The bytes of each field of that number. */
export function* messagesIn(message: Buffer, number: number): Generator<Buffer> {
  for (const field of fieldsOf(message)) if (field.number === number && 'bytes' in field) yield field.bytes;
}

/** The first field of that number, as bytes. */
export function messageIn(message: Buffer, number: number): Buffer | null {
  for (const found of messagesIn(message, number)) return found;
  return null;
}

/** The first field of that number, as a text. */
export const textIn = (message: Buffer, number: number): string | null =>
  messageIn(message, number)?.toString('utf8') ?? null;

/** The first field of that number, as a number; null where there is none. */
export function numberIn(message: Buffer, number: number): number | null {
  for (const field of fieldsOf(message)) if (field.number === number && 'value' in field) return field.value;
  return null;
}
