/** Sending to a queue, within its limit. */
import { utf8Bytes } from '@appflux/protocol';
import { exceeded, MAX_MESSAGE_BYTES } from './platform.ts';

/**
 * Sends a message. Throws AppFluxError `unprocessable` when it is larger than the queue accepts: messages carry ids and
 * numbers, so one that grows is a fault of ours.
 */
export async function sendMessage<Message>(
  queue: Pick<Queue<Message>, 'send'>,
  message: Message,
): Promise<void> {
  const size = utf8Bytes(JSON.stringify(message));
  if (size > MAX_MESSAGE_BYTES) throw exceeded('The message (bytes)', size, MAX_MESSAGE_BYTES);
  await queue.send(message);
}
