import { expect, test } from 'vitest';
import { fileProblem } from './file-problem.ts';

test.each([
  [{ name: 'site.zip', size: 10 }, null],
  [{ name: 'SITE.ZIP', size: 10 }, null],
  [{ name: 'site.tar.gz', size: 10 }, /ZIP/],
  [{ name: 'site.zip', size: 0 }, /empty/],
  [{ name: 'site.zip', size: 3 * 2 ** 30 }, /2 GiB/],
])('%o as a source', (file, problem) => {
  const said = fileProblem(file);
  if (problem === null) expect(said).toBe(null);
  else expect(said).toMatch(problem);
});
