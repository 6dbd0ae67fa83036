/** Reads a screen that Xvfb has written as an X Window Dump (XWDFile.h of the X Window System). */
export interface Screen {
  readonly width: number;
  readonly height: number;
  /** The bytes of a row; a pixel is four bytes: blue, green, red, nothing. */
  readonly stride: number;
  readonly pixels: Buffer;
}

/** The screen of a dump of 24 bits a pixel. */
export function screenOf(dump: Buffer): Screen {
  const field = (index: number) => dump.readUInt32BE(index * 4);
  const [headerSize, version, depth] = [field(0), field(1), field(3)];
  if (version !== 7 || depth !== 24) throw new Error(`no dump of 24 bits a pixel: ${version}, ${depth}`);
  const pixels = dump.subarray(headerSize + field(19) * 12);
  return { width: field(4), height: field(5), stride: field(12), pixels };
}

/** A pixel's color, as `rrggbb`. */
export function pixelAt({ stride, pixels }: Screen, x: number, y: number): string {
  const at = y * stride + x * 4;
  return [2, 1, 0]
    .map((byte) =>
      pixels
        .readUInt8(at + byte)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('');
}
