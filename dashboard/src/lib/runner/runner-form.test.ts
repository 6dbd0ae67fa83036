import { expect, test } from 'vitest';
import { runner } from '../../testing/fixtures.ts';
import { RunnerForm } from './runner-form.svelte.ts';

const form = () => new RunnerForm(runner({ name: 'box', labels: ['linux', 'x64'], slots: 2 }));

test('an untouched form changes nothing', () => {
  const untouched = form();
  expect(untouched.isValid).toBe(true);
  expect(untouched.change).toEqual({});
  untouched.labels = ' x64,linux  linux ';
  expect(untouched.change).toEqual({});
});

test('a form returns the changed fields and nothing else', () => {
  const changed = form();
  changed.labels = 'linux, gpu';
  changed.slots = ' 4 ';
  expect(changed.change).toEqual({ labels: ['linux', 'gpu'], slots: 4 });
  changed.name = 'big-box ';
  changed.labels = '';
  expect(changed.change).toEqual({ name: 'big-box', labels: [], slots: 4 });
  expect(changed.isValid).toBe(true);
});

test.each([
  ['name', '', 'name'],
  ['name', 'two words', 'name'],
  ['labels', 'Mac OS', 'labels'],
  ['labels', Array.from({ length: 21 }, (_, index) => `l${index}`).join(), 'labels'],
  ['slots', '', 'slots'],
  ['slots', '0', 'slots'],
  ['slots', '65', 'slots'],
  ['slots', '1.5', 'slots'],
  ['slots', '1e1', 'slots'],
] as const)('%s “%s” is a problem of its field', (field, text, wrong) => {
  const bad = form();
  bad[field] = text;
  expect(bad.isValid).toBe(false);
  for (const [name, problem] of Object.entries(bad.problems)) expect(problem !== null).toBe(name === wrong);
});
