/** Reads frames from the edge. Frames that the runner doesn't understand are skipped. */
import { type FrameSchema, parseFrame } from '@appflux/protocol';
import type { z } from 'zod';
import type { Journal } from '../journal.ts';

/**
 * Takes a schema and the text of a frame. Returns the frame, or undefined for one to skip: a newer edge may send more
 * than this runner understands, and no build depends on a single frame. A skipped frame is reported in the journal by
 * where and what is wrong, never by its content, because a grant holds secrets.
 */
export function edgeFrame<Schema extends FrameSchema>(
  schema: Schema,
  text: string,
  journal: Journal,
): z.infer<Schema> | undefined {
  const parsed = parseFrame(schema, text);
  if (parsed.outcome === 'ok') return parsed.frame;
  if (parsed.outcome === 'unknown_type') {
    journal.warn('Skipped a frame of an unknown type. The edge may be newer than this runner');
    return undefined;
  }
  const issue = parsed.outcome === 'invalid' ? parsed.issues[0] : undefined;
  journal.warn('Skipped an invalid frame from the edge', {
    at: issue?.path ?? '',
    problem: issue?.code ?? parsed.outcome,
    length: text.length,
  });
  return undefined;
}
