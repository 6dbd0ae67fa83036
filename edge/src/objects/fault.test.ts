import { expect, test } from 'vitest';
import { faultOf } from './fault.ts';

/** An error as a caller of an object gets it. */
const error = (message: string, flags: object = {}) => Object.assign(new Error(message), flags);

test('what the platform says of a reset or unreached object is a lost call', () => {
  for (const lost of [
    // Recorded from workerd: `ctx.abort()` in the middle of a call, with a text and with an error.
    error('reset by a test', { durableObjectReset: true }),
    error('Error: Durable Object reset because its code was updated.', { durableObjectReset: true }),
    // As the platform documents them (durable-objects/observability/troubleshooting).
    error('Durable Object reset because its code was updated.', { retryable: true }),
    error('Network connection lost.', { retryable: true }),
    error('Cannot resolve Durable Object due to transient issue on remote node.', { retryable: true }),
    error('internal error; reference = 0123456789abcdef', { retryable: true }),
    // Without flags: through another object, which passes on the words alone.
    error('Durable Object reset because its code was updated.', { remote: true }),
    error('Durable Object storage operation exceeded timeout which caused object to be reset.'),
    error('Durable Object exceeded its CPU time limit and was reset.'),
    error("Durable Object's isolate exceeded its memory limit and was reset."),
    error(
      'Connection closed: this Durable Object instance is no longer active. Reconnect or retry the request.',
    ),
  ])
    expect(faultOf(lost), lost.message).toBe('lost');
});

test('an overloaded object is no lost call, whatever else the error says', () => {
  for (const overloaded of [
    error('Durable Object is overloaded. Too many requests queued.', { overloaded: true }),
    error('Durable Object is overloaded. Requests queued for too long.', {
      overloaded: true,
      retryable: true,
    }),
    error('Durable Object is overloaded. Too many requests for the same object within a 10 second window.'),
    error(
      'Your account is generating too much load on Durable Objects. Please back off and try again later.',
    ),
  ])
    expect(faultOf(overloaded), overloaded.message).toBe('overloaded');
});

test('an error of our own code is neither', () => {
  for (const own of [
    error('this deployment was never created', { remote: true }),
    error('The password was reset', { remote: true }),
    error('no Durable Object reset here', { remote: true }),
    error('something failed', { retryable: false, overloaded: false }),
    new TypeError('The RPC receiver does not implement the method "depth".'),
    'Network connection lost.',
    null,
    undefined,
  ])
    expect(faultOf(own), String(own)).toBeNull();
});
