/** What the edge does with what a runner sends: anything but a frame of its own protocol ends the connection. */
import { CLOSE, type FrameSchema, parseFrame } from '@appflux/protocol';
import type { z } from 'zod';
import { journal } from '../journal.ts';

/** A close reason holds at most 123 bytes (RFC 6455 §5.5). */
const MAX_REASON = 120;

/** Why a frame is not accepted: the code and the reason of the close frame. */
export interface FrameRefusal {
  readonly code: typeof CLOSE.badFrame | typeof CLOSE.tooLarge;
  readonly reason: string;
}

/**
 * Takes a schema, a message, and the longest frame in UTF-16 units. Returns the frame and its text, or why it is refused. A type that
 * only newer runners know is refused, too: a build could wait for what was skipped. All that is wrong with a frame goes
 * to the Worker's log, because no runner of ours sends it; its content doesn't.
 */
export function runnerFrame<Schema extends FrameSchema>(
  schema: Schema,
  message: string | ArrayBuffer,
  maxLength: number,
): { frame: z.infer<Schema>; text: string } | { refused: FrameRefusal } {
  const parsed = parseFrame(schema, message, { maxLength });
  switch (parsed.outcome) {
    case 'ok':
      return { frame: parsed.frame, text: String(message) };
    case 'too_large':
      return { refused: { code: CLOSE.tooLarge, reason: `Frames have at most ${maxLength / 1024} KB` } };
    case 'unknown_type':
      return badFrame([{ path: 'type', message: `Unknown frame type "${parsed.type.slice(0, 40)}"` }]);
    case 'invalid':
      return badFrame(parsed.issues);
  }
}

function badFrame(issues: readonly { path: string; message: string }[]): { refused: FrameRefusal } {
  const found = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  journal.error(`a runner sent a frame that is not part of the protocol: ${JSON.stringify(found)}`);
  const reason = (found[0] ?? '').replace(/[^ -~]/g, '?').slice(0, MAX_REASON);
  return { refused: { code: CLOSE.badFrame, reason } };
}
