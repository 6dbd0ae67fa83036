import { DeploymentToRunner } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { keptJournal } from '../testing/docker.ts';
import { edgeFrame } from './frames.ts';

test('a frame of the protocol is read, and members that a newer edge adds are ignored', () => {
  const { journal, lines } = keptJournal();
  const frame = edgeFrame(DeploymentToRunner, '{"type":"ack","seq":3,"new":"member"}', journal);
  expect(frame).toEqual({ type: 'ack', seq: 3 });
  expect(lines).toEqual([]);
});

test.each([
  ['a member of the wrong type', '{"type":"ack","seq":"hunter2"}', { at: 'seq', problem: 'invalid_type' }],
  ['a frame without a type', '{"hunter2":1}', { at: 'type', problem: 'invalid_union' }],
  ['what is not JSON', 'hunter2', { at: '', problem: 'not_json' }],
  ['a list', '["hunter2"]', { at: '', problem: 'invalid_type' }],
  ['null', 'null', { at: '', problem: 'invalid_type' }],
])(
  '%s is skipped, and the journal says where and what is wrong, but not what it holds',
  (_, text, problem) => {
    const { journal, lines } = keptJournal();
    expect(edgeFrame(DeploymentToRunner, text, journal)).toBeUndefined();
    expect(lines.length).toBe(1);
    for (const word of [`at=${problem.at}`, `problem=${problem.problem}`]) expect(lines[0]).toContain(word);
    expect(lines.join('')).not.toContain('hunter2');
  },
);

test('a frame of a type that only a newer edge knows is skipped', () => {
  const { journal, lines } = keptJournal();
  expect(edgeFrame(DeploymentToRunner, '{"type":"hunter2"}', journal)).toBeUndefined();
  expect(lines.length).toBe(1);
  expect(lines.join('')).toContain('newer');
  expect(lines.join('')).not.toContain('hunter2');
});
