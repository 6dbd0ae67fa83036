import { expect, test, vi } from 'vitest';
import { ROOT } from '../command.ts';
import type { Progress } from '../progress.ts';
import { checkSources } from './findings.ts';

function collected() {
  const lines: string[] = [];
  const task = { detail: vi.fn(), done: vi.fn(), failed: vi.fn() };
  const progress: Progress = { task: () => task, say: (text) => lines.push(text) };
  return { lines, progress, task };
}

test('a check without findings passes, another fails and prints them', async () => {
  const { lines, progress, task } = collected();
  const find = vi.fn(async () => ['one', 'two']);
  const outcome = await checkSources(ROOT, progress, [
    { title: 'good', find: async () => [] },
    { title: 'bad', find },
  ]);
  expect(outcome).toMatchObject({ passed: 1, failed: 1 });
  expect(lines).toEqual(['one', 'two']);
  expect(task.done).toHaveBeenCalledTimes(1);
  expect(task.failed).toHaveBeenCalledTimes(1);
  expect(find).toHaveBeenCalledWith(
    ROOT,
    expect.arrayContaining(['package.json', 'stack/checking/findings.ts']),
  );
});

test('this checkout passes every check', async () => {
  const { lines, progress } = collected();
  expect(await checkSources(ROOT, progress)).toMatchObject({ failed: 0 });
  expect(lines).toEqual([]);
});
