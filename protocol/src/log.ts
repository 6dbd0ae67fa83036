/** The log of a deployment, and how a viewer follows it live. */
import { z } from 'zod';
import { DeploymentStatus } from './deployment.ts';
import { Timestamp } from './ids.ts';
import { Phase } from './phase.ts';

/** The longest text of one line, in UTF-16 units; the runner splits longer lines. */
export const MAX_LINE_LENGTH = 16_384;

/** The largest frame that carries lines, in bytes; the runner keeps its batches well below it. */
export const MAX_FRAME_BYTES = 512 * 1024;

/** `system` is AppFlux itself; the others are the build's. */
export const LogStream = z.enum(['stdout', 'stderr', 'system']);
export type LogStream = z.infer<typeof LogStream>;

/** One line. `seq` counts from 1 without gaps over all attempts of a deployment. */
export const LogLine = z
  .strictObject({
    seq: z.int().min(1),
    at: Timestamp,
    stream: LogStream,
    phase: Phase.nullable(),
    text: z.string().max(MAX_LINE_LENGTH),
  })
  .meta({ id: 'LogLine' });
export type LogLine = z.infer<typeof LogLine>;

/**
 * One page contains lines of about this total length, in UTF-16 units of their JSON; it can have fewer than the
 * requested `limit`. Keeps an answer well below the 32 MiB that a call between Workers may carry.
 */
export const MAX_PAGE_LENGTH = 4 * 1024 * 1024;

/**
 * Some lines of a log. `lastSeq` is the number of the newest line of the whole log, not of the page: while the page's
 * last line has a lower number, ask for the lines after it. `ended` says that the log will not grow any more.
 */
export const LogPage = z
  .strictObject({ items: z.array(LogLine), lastSeq: z.int().min(0), ended: z.boolean() })
  .meta({ id: 'LogPage' });
export type LogPage = z.infer<typeof LogPage>;

/** Consecutive lines of one phase. */
export const LogSection = z
  .strictObject({
    /** Null for lines that were written before the first phase. */
    phase: Phase.nullable(),
    firstSeq: z.int().min(1),
    lines: z.int().min(1),
    /** When its first and its last line were written. */
    from: Timestamp,
    to: Timestamp,
  })
  .meta({ id: 'LogSection' });
export type LogSection = z.infer<typeof LogSection>;

/** After this many sections, the last one includes all further lines, regardless of their phase. */
export const MAX_LOG_SECTIONS = 200;

/** What a viewer needs to lay out an archived log before it has its lines. */
export const LogOutline = z
  .strictObject({
    /** In order and without gaps: together they have all lines from 1 to `lastSeq`. */
    sections: z.array(LogSection).max(MAX_LOG_SECTIONS),
    lastSeq: z.int().min(0),
    /** The length of the longest line's text, in UTF-16 units. */
    longest: z.int().min(0),
  })
  .meta({ id: 'LogOutline' });
export type LogOutline = z.infer<typeof LogOutline>;

/** Subprotocol of the live log; a browser offers its token beside it (see TOKEN_SUBPROTOCOL_PREFIX). */
export const LOGS_SUBPROTOCOL = 'appflux.logs.v1';

/** Browsers cannot set headers on a WebSocket: the token is sent as a subprotocol with this prefix. */
export const TOKEN_SUBPROTOCOL_PREFIX = 'appflux.token.';

/** Messages to a viewer. Readers ignore unknown fields, because more may be added. */
export const ViewerFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('lines'), lines: z.array(LogLine) }),
  /**
   * The viewer has lines that were never stored, because the edge restarted in between. It discards those after
   * `lastSeq`; they or others will be sent again.
   */
  z.object({ type: z.literal('rewind'), lastSeq: z.int().min(0) }),
  z.object({ type: z.literal('state'), status: DeploymentStatus, phase: Phase.nullable() }),
  z.object({ type: z.literal('end'), status: DeploymentStatus }),
]);
export type ViewerFrame = z.infer<typeof ViewerFrame>;

/**
 * A viewer's report of how much it has read of this connection's frames, in UTF-16 units. A viewer that reports
 * regularly is sent as much as it reads. One that never does is sent `VIEWER_WINDOW` units and is then closed with
 * `tooSlow`: nothing more is queued for it, and if it is alive it reconnects with `after`.
 */
export const FromViewer = z.strictObject({ type: z.literal('seen'), length: z.int().min(0) });
export type FromViewer = z.infer<typeof FromViewer>;

/** The amount that may be in flight to a viewer, in UTF-16 units. */
export const VIEWER_WINDOW = 8 * 1024 * 1024;

/** A viewer reports how much it has read each time that it has received this much more, in UTF-16 units. */
export const SEEN_EVERY = 1024 * 1024;

/** The most lines that one page of a log may hold. */
export const MAX_LOG_PAGE_LINES = 10_000;

/** Query of a page of a log: the lines after a number. */
export const LogQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(MAX_LOG_PAGE_LINES).default(1000),
});
