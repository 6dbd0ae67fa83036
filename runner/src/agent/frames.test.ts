import { DeploymentToRunner } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { keptJournal } from '../testing/docker.ts';
import { readFrame } from './frames.ts';

test('a frame of the protocol is read, and what a newer edge adds is left alone', () => {
  const { journal, lines } = keptJournal();
  const frame = readFrame(DeploymentToRunner, '{"type":"ack","seq":3,"new":"member"}', journal);
  expect(frame).toEqual({ type: 'ack', seq: 3 });
  expect(lines).toEqual([]);
});

test.each(['{"type":"ack","seq":"hunter2"}', '{"type":"hunter2"}', 'hunter2', '[]', 'null'])(
  'what is not one is passed over, and the journal has no word of its content: %s',
  (text) => {
    const { journal, lines } = keptJournal();
    expect(readFrame(DeploymentToRunner, text, journal)).toBeUndefined();
    expect(lines.length).toBe(1);
    expect(lines.join('')).not.toContain('hunter2');
  },
);
