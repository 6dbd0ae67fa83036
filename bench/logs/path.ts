/** A way that log frames can take from a source to viewers. */
import type { LogSender } from '../../runner/src/log/log-sender.ts';

/** One log on its way: somewhere to write to, and somewhere to listen. */
export interface OpenLog {
  /** Where viewers connect to, with the headers and subprotocols they need. */
  readonly viewerUrl: string;
  readonly viewerProtocols: readonly string[];
  /** The number of the last line before the stream's first. */
  readonly lastSeq: number;
  readonly stream: LogSender;
  close(): Promise<void>;
}

export interface LogPath {
  readonly name: string;
  /** Begins a new log. */
  open(): Promise<OpenLog>;
}
