/**
 * The outbox: a change of state and the number of its event are written in one transaction, and the event counts as
 * undelivered until its consumer confirms it. That `event-queue` has it is not enough: a queue may lose a message, as the
 * local one does when workerd ends.
 *
 * A message is the deployment's id and the number of its newest event. The consumer asks the object for the record,
 * which may be larger than a message. A newer event makes an older one needless: each record is a whole one.
 */

import { sendMessage } from '../limits/message.ts';
import type { EventMessage } from '../queue-messages.ts';

/** An event that the queue has accepted and nobody has confirmed after this long, in milliseconds, is sent again. */
const SEND_AGAIN_MS = 25_000;

export class Outbox {
  /** The newest event that the queue has accepted, and when. */
  #sent = { seq: 0, at: 0 };

  /** Sends the newest event, unless the queue has it. Throws when the queue does not accept it. */
  async publish(queue: Queue<EventMessage>, event: Omit<EventMessage, 'kind'>, now: number): Promise<void> {
    const { deploymentId, seq } = event;
    // A clock that was set back must not keep it from being sent again.
    if (seq === this.#sent.seq && Math.abs(now - this.#sent.at) < SEND_AGAIN_MS) return;
    await sendMessage(queue, { kind: 'event', deploymentId, seq });
    this.#sent = { seq, at: now };
  }
}
