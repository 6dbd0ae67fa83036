import { CLOSE, RunnerToDeployment, RunnerToPool } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runnerFrame } from './frame.ts';

let logged: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('a frame of the protocol is accepted, with the text that viewers get', () => {
  const text = '{"attempt":1,  "type":"sync"}';
  expect(runnerFrame(RunnerToDeployment, text, text.length)).toEqual({
    frame: { type: 'sync', attempt: 1 },
    text,
  });
  expect(logged).not.toHaveBeenCalled();
});

test.each([
  ['a type of a newer runner', '{"type":"weather","sunny":true}', 'type: Unknown frame type "weather"'],
  ['a member of a newer runner', '{"type":"sync","attempt":1,"sunny":true}', 'Unrecognized key: "sunny"'],
  ['a member of another type', '{"type":"sync","attempt":"one"}', /^attempt: Invalid input/],
  ['a frame without a type', '{"attempt":1}', /^type: Invalid discriminator/],
  ['what is not JSON', 'x', 'The frame is not JSON'],
  [
    'what is not text',
    new TextEncoder().encode('{"type":"sync","attempt":1}').buffer,
    'The frame is not text',
  ],
])('%s is refused, and the log says why', (_, message, reason) => {
  const answer = runnerFrame(RunnerToDeployment, message as string | ArrayBuffer, 1000);
  expect(answer).toEqual({
    refused: {
      code: CLOSE.badFrame,
      reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
    },
  });
  expect(logged).toHaveBeenCalledOnce();
});

test('a frame that is too large is refused without being read', () => {
  expect(runnerFrame(RunnerToPool, 'x'.repeat(2049), 2048)).toEqual({
    refused: { code: CLOSE.tooLarge, reason: 'Frames have at most 2 KB' },
  });
});

test.each([
  `{"type":"${'é"'.repeat(500).replaceAll('"', '\\"')}"}`,
  `{"type":"sync","attempt":1,${Array.from({ length: 500 }, (_, n) => `"日本${n}":1`).join(',')}}`,
])('a reason fits into a close frame, whatever the frame holds: %#', (text) => {
  const answer = runnerFrame(RunnerToDeployment, text, 1_000_000);
  if (!('refused' in answer)) throw new Error('the frame was accepted');
  expect(new TextEncoder().encode(answer.refused.reason).length).toBeLessThanOrEqual(123);
});

test('the log has no value that a frame holds', () => {
  runnerFrame(RunnerToDeployment, '{"type":"sync","attempt":"hunter2"}', 1000);
  expect(JSON.stringify(logged.mock.calls)).not.toContain('hunter2');
});
