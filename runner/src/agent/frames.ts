/** Reading what the edge sends. */
import type { z } from 'zod';
import type { Journal } from '../journal.ts';

/**
 * Parses a frame. What does not parse is noted in the journal and passed over: a newer edge may say more
 * than this runner understands, and nothing that matters hangs on a single frame.
 */
export function readFrame<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  journal: Journal,
): z.infer<Schema> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    journal.warn('The edge sent a frame that is not JSON', { bytes: text.length });
    return undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Where and what, never the value: a grant holds secrets.
  const issue = parsed.error.issues[0];
  journal.warn('The edge sent a frame that this runner does not understand', {
    at: issue?.path.join('.') ?? '',
    problem: issue?.code ?? '',
  });
  return undefined;
}
