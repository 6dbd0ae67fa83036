/**
 * Reading the frames of WebSockets: one parser for all parts. What a part does with an outcome is its own policy;
 * docs/architecture.md lists them.
 */
import type { z } from 'zod';
import type { Issue } from './errors.ts';

type FrameObject = z.ZodObject<{ readonly type: z.ZodLiteral<string> }>;

/** A schema of frames: one type of frame, or a union of several. */
export type FrameSchema = FrameObject | z.ZodDiscriminatedUnion<readonly FrameObject[], 'type'>;

/** What is wrong with a frame. Unlike `message`, `code` never quotes the frame. */
export interface FrameIssue extends Issue {
  /** zod's code of the issue, or `not_text` or `not_json`. */
  readonly code: string;
}

export type ParsedFrame<Frame> =
  | { readonly outcome: 'ok'; readonly frame: Frame }
  /** It has a type that the schema doesn't know, as the frames of a newer peer may. */
  | { readonly outcome: 'unknown_type'; readonly type: string }
  /** It isn't text, isn't JSON, has no type, or is of a type that the schema knows and doesn't match it. */
  | { readonly outcome: 'invalid' /** At least one. */; readonly issues: readonly FrameIssue[] }
  /** It was not read. */
  | { readonly outcome: 'too_large'; readonly length: number };

/**
 * Parses what a WebSocket has received. Takes the schema, the message as the platform hands it over (only text can be a
 * frame), and the longest text to read, in UTF-16 units. Never throws.
 */
export function parseFrame<Schema extends FrameSchema>(
  schema: Schema,
  message: unknown,
  { maxLength = Number.POSITIVE_INFINITY }: { readonly maxLength?: number } = {},
): ParsedFrame<z.infer<Schema>> {
  if (typeof message !== 'string') return invalid('not_text', 'The frame is not text');
  if (message.length > maxLength) return { outcome: 'too_large', length: message.length };
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    // The only error of JSON.parse: the outcome says so.
    return invalid('not_json', 'The frame is not JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { outcome: 'ok', frame: parsed.data as z.infer<Schema> };
  const type = typeOf(value);
  if (type !== undefined && !frameTypes(schema).includes(type)) return { outcome: 'unknown_type', type };
  const issues = parsed.error.issues.map(({ path, message, code }) => ({
    path: path.join('.'),
    message,
    code,
  }));
  return { outcome: 'invalid', issues };
}

/** The types of frames that a schema knows, in the order in which it lists them. */
export function frameTypes(schema: FrameSchema): string[] {
  const members = 'options' in schema ? schema.options : [schema];
  return members.flatMap((member) => [...member.shape.type.values]);
}

function typeOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  return typeof value.type === 'string' ? value.type : undefined;
}

const invalid = (code: string, message: string): ParsedFrame<never> => ({
  outcome: 'invalid',
  issues: [{ path: '', message, code }],
});
