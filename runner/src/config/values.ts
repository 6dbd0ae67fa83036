/** How settings are written: the same text on the command line, in the environment and in the file. */
import { z } from 'zod';

/** `1`, `true`, `yes` and `on`, and their opposites; JSON's own booleans in the file. */
export const onOff = z.union([
  z.boolean(),
  z.stringbool({
    truthy: ['1', 'true', 'yes', 'on'],
    falsy: ['0', 'false', 'no', 'off'],
    error: 'Write 1 or 0',
  }),
]);

/** A number that a schema allows, or the text of one. */
export const number = <Schema extends z.ZodType<number, number>>(schema: Schema) =>
  z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d+(\.\d+)?$/, 'Enter a number')
        .transform(Number),
    ])
    .pipe(schema);

/** A list, or a text with commas. */
export const commaSeparated = <Item extends z.ZodType<string, string>>(item: Item) =>
  z
    .union([
      z.array(z.string()),
      z.string().transform((text) =>
        text
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      ),
    ])
    .pipe(z.array(item));

/** `off` or 0, as zero. */
export const off = z.union([z.literal(['off', '0']).transform(() => 0), z.literal(0)]);

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** A size in bytes: a whole number, or one with a binary unit as Docker writes it (`512m`, `4g`). */
export const bytes = z.union([
  z.int().positive(),
  z
    .string()
    .regex(/^\d+(\.\d+)?[kmgt]?b?$/i, 'Enter a size such as 512m or 4g')
    .transform((text) => {
      const unit = text.toLowerCase().replace(/b$/, '').replace(/[\d.]/g, '');
      return Math.floor(Number.parseFloat(text) * (UNITS[unit] ?? 1));
    })
    .pipe(z.int().positive()),
]);
