/** The schemas of all sockets' frames, by the names under which `protocol` exports them. */
import { z } from 'zod';
import type { FrameSchema } from '../src/frame.ts';

/** Finds the schemas of frames among the exports of a version of `protocol`: those that tell frames apart by `type`. */
export function frameSchemasOf(exported: object): Record<string, FrameSchema> {
  return Object.fromEntries(
    Object.entries(exported).filter((entry): entry is [string, FrameSchema] => isFrameSchema(entry[1])),
  );
}

function isFrameSchema(value: unknown): value is FrameSchema {
  if (value instanceof z.ZodObject) return value.shape.type instanceof z.ZodLiteral;
  return value instanceof z.ZodDiscriminatedUnion && value.def.discriminator === 'type';
}

/**
 * The schemas as data: what a later version checks its frames with. Patterns with Unicode classes are left out, because
 * zod compiles the patterns of JSON Schema without the flag that they need.
 */
export const asData = (schemas: Record<string, FrameSchema>): Record<string, z.core.JSONSchema.BaseSchema> =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, dataOf(schema)]));

const dataOf = (schema: FrameSchema) =>
  z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.pattern?.includes('\\p{') === true) delete jsonSchema.pattern;
    },
  });
