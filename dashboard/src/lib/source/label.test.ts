import { expect, test } from 'vitest';
import { sourceLabel } from './label.ts';

test.each([
  [
    {
      provider: 'github',
      repoUrl: 'https://github.com/ada/engine',
      branch: 'main',
      rootDirectory: './',
      depth: 1,
    },
    'ada/engine',
  ],
  [
    {
      provider: 'git',
      repoUrl: 'https://git.example.com/x/y.git',
      branch: 'main',
      rootDirectory: './',
      depth: 1,
    },
    'git.example.com/x/y',
  ],
  [
    {
      provider: 'git',
      repoUrl: 'ssh://git@git.example.com:2222/x/y.git',
      branch: 'main',
      rootDirectory: './',
      depth: 1,
    },
    'git.example.com:2222/x/y',
  ],
  [{ provider: 'upload', rootDirectory: './' }, 'ZIP upload'],
] as const)('a source has a label', (source, label) => {
  expect(sourceLabel(source)).toBe(label);
});
