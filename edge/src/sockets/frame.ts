/** Reading what a runner sends over a WebSocket. */
import { issuesOf } from '@appflux/protocol';
import type { z } from 'zod';
import { journal } from '../journal.ts';

/** A close reason holds at most 123 bytes (RFC 6455 §5.5). */
const MAX_REASON = 120;

/**
 * A frame by its schema, or the reason why it is none, short enough for a close frame. That a runner of ours sends
 * such a frame is a fault, so all that is wrong with it goes into the Worker's log; what it holds does not.
 */
export function parseFrame<Frame>(
  schema: z.ZodType<Frame>,
  message: string | ArrayBuffer,
): { frame: Frame } | { refused: string } {
  if (typeof message !== 'string') return { refused: 'Frames are text' };
  const value = parseJson(message);
  if (value === undefined) return { refused: 'The frame is not JSON' };
  const parsed = schema.safeParse(value);
  if (parsed.success) return { frame: parsed.data };
  const issues = issuesOf(parsed.error);
  journal.error(`a runner sent a frame that is not one of the protocol: ${JSON.stringify(issues)}`);
  return {
    refused: `${issues[0]?.path}: ${issues[0]?.message}`.replace(/[^ -~]/g, '?').slice(0, MAX_REASON),
  };
}

/** The JSON value, or undefined, which JSON cannot hold. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller closes the connection and says so.
    return undefined;
  }
}
