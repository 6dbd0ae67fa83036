import * as protocol from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { LightResult, LightSchema } from '../src/lib/api/light-choice.ts';
import * as choice from '../src/lib/api/light-choice.ts';
import * as light from '../src/lib/api/light-schemas.ts';
import { lightSchema } from './light-schemas.ts';
import { isSchema } from './schema-kinds.ts';

const parts = { ...choice, ...light };

/** The schema that the code of a light one makes. */
const made = (code: string): LightSchema<unknown> =>
  new Function(...Object.keys(parts), `return ${code};`)(...Object.values(parts));

const lightened = Object.entries(protocol).flatMap(([name, schema]) => {
  const code = isSchema(schema) ? lightSchema(schema) : null;
  return isSchema(schema) && code !== null ? [[name, schema, made(code)] as const] : [];
});

/** What a schema says about a value: its result, or its messages in order. */
function verdict(
  schema: { safeParse(value: unknown): LightResult<unknown> | z.ZodSafeParseResult<unknown> },
  value: unknown,
) {
  const { success, data, error } = schema.safeParse(value);
  return success ? { data } : { messages: error?.issues.map(({ message, path }) => [message, path]) };
}

const SAMPLES: readonly unknown[] = [
  ...[
    '',
    ' ',
    'a',
    'main',
    'my-app',
    '-app',
    'app-',
    'a--b',
    'My App',
    ' trimmed ',
    '../up',
    'feature/x',
    '.env',
    'A_B',
    '1A',
  ],
  ...[
    '0'.repeat(40),
    'f'.repeat(64),
    'x'.repeat(63),
    'x'.repeat(64),
    'x'.repeat(300),
    'x'.repeat(3000),
    'ä',
    '\n',
    'a\nb',
    '*',
  ],
  ...[
    'api.example.com',
    '*.example.com',
    'https://example.com',
    'linux/arm64',
    'building',
    'github',
    'slack',
    'admin',
  ],
  ...[
    0,
    1,
    2,
    64,
    65,
    -1,
    1.5,
    Number.NaN,
    Infinity,
    2 ** 53,
    null,
    undefined,
    true,
    {},
    { toString: () => 'main' },
  ],
];

test('the schemas that pages use are light', () => {
  const names = lightened.map(([name]) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'BranchName',
      'CommitHash',
      'Glob',
      'Phase',
      'RunnerLabel',
      'Scope',
      'Slots',
      'Slug',
      'VariableName',
    ]),
  );
});

test.each(lightened)('%s says the same as with zod', (_name, schema, own) => {
  // zod goes on to check the length of a list that should be a text. Fields of forms have no lists.
  for (const list of [[], ['text']]) expect(own.safeParse(list).success).toBe(false);
  for (const value of SAMPLES)
    expect(verdict(own, value), JSON.stringify(value)).toEqual(verdict(schema, value));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.stringMatching(/^[\w./*-]{0,80}$/),
        fc.integer(),
        fc.double(),
      ),
      (value) => {
        expect(verdict(own, value)).toEqual(verdict(schema, value));
      },
    ),
    { numRuns: 50 },
  );
});

test('a text has the limit of its schema, and a choice its options', () => {
  expect(made(lightSchema(protocol.Slug) ?? '')).toMatchObject({ maxLength: protocol.Slug.maxLength });
  expect(made(lightSchema(protocol.Phase) ?? '')).toMatchObject({ options: protocol.Phase.options });
});

describe('a schema stays with zod', () => {
  test.each([
    ['with a check of its own', z.string().refine((text) => text === 'a')],
    ['with another transformation', z.string().toLowerCase()],
    ['with a transformation that looks like trim', z.string().overwrite((text) => text.trim())],
    ['with a known format', z.email()],
    ['with a pattern that has a state', z.string().regex(/a/g)],
    ['with a message for other types', z.string('Enter a text')],
    ['of any number', z.number()],
    ['with an exclusive limit', z.int().gt(0)],
    ['with a step', z.int().multipleOf(2)],
    ['that is nullable', z.string().nullable()],
    ['that is an object', z.object({})],
    ['with a default', z.string().default('a')],
    ['of numbers to choose from', z.enum({ one: 1, two: 2 })],
  ])('%s', (_title, schema) => {
    expect(lightSchema(schema)).toBeNull();
  });
});
