/** The head of a WebP file: what a picture's sender is held to. */

const text = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/**
 * The width and height of a WebP image of one frame, read from its head (RFC 9649); null if the bytes don't begin like one
 * or have another length than they say.
 */
export function webpPixels(bytes: Uint8Array): { width: number; height: number } | null {
  if (bytes.length < 30 || text(bytes, 0) !== 'RIFF' || text(bytes, 8) !== 'WEBP') return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(4, true) + 8;
  // A chunk of odd length is followed by one byte.
  if (length !== bytes.length && length + 1 !== bytes.length) return null;
  switch (text(bytes, 12)) {
    case 'VP8 ': {
      const isStart = bytes[23] === 0x9d && bytes[24] === 0x01 && bytes[25] === 0x2a;
      if (!isStart) return null;
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    }
    case 'VP8L': {
      if (bytes[20] !== 0x2f) return null;
      const packed = view.getUint32(21, true);
      return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X': {
      const flags = bytes[20] ?? 0;
      // Bit 1: an animation.
      if ((flags & 0b10) !== 0) return null;
      return { width: uint24(bytes, 24) + 1, height: uint24(bytes, 27) + 1 };
    }
    default:
      return null;
  }
}

const uint24 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
