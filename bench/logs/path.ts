/** A path of log frames from a source to viewers. */
import type { LogSender } from '../../runner/src/log/log-sender.ts';

/** One open log: where to write, and where viewers connect. */
export interface OpenLog {
  /** Where viewers connect to, with the headers and subprotocols they need. */
  readonly viewerUrl: string;
  readonly viewerProtocols: readonly string[];
  /** The number of the last line before the stream's first. */
  readonly lastSeq: number;
  readonly stream: LogSender;
  /** How many frames the source has sent. */
  frames(): number;
  close(): Promise<void>;
}

export interface LogPath {
  readonly name: string;
  /** Opens a new log. */
  open(): Promise<OpenLog>;
}
