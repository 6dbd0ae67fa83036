/** Frames without an acknowledgement, kept until they are known to have arrived. */

interface Unconfirmed {
  readonly frame: string;
  /** The last log line sent before this frame on the same connection; undefined while it was not sent. */
  afterSeq: number | undefined;
  /** What an edge has to accept to get it; null for a frame of version 0.1.0. */
  readonly needs: string | null;
}

/**
 * A WebSocket delivers in order, and the edge handles frames in order. So when a log line is acknowledged
 * that was sent after a frame on the same connection, that frame has been handled too.
 */
export class UnconfirmedFrames {
  #frames: Unconfirmed[] = [];

  /** @param afterSeq the last line sent before it, or undefined when it could not be sent yet */
  add(frame: string, afterSeq: number | undefined, needs: string | null = null) {
    this.#frames.push({ frame, afterSeq, needs });
  }

  /** The edge has every line up to `seq`. */
  confirm(seq: number) {
    const unsure = this.#frames.findIndex(({ afterSeq }) => afterSeq === undefined || seq <= afterSeq);
    this.#frames = unsure < 0 ? [] : this.#frames.slice(unsure);
  }

  /** Drops what the edge of a new connection, which may be an earlier version, does not accept. */
  keep(accepts: readonly string[]) {
    this.#frames = this.#frames.filter(({ needs }) => needs === null || accepts.includes(needs));
  }

  /** Sends the unconfirmed frames on a new connection. `send` gives what `add` takes: the last line sent before. */
  resend(send: (frame: string) => number | undefined) {
    for (const each of this.#frames) each.afterSeq = send(each.frame);
  }
}
