import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Progress } from '../progress.ts';
import { findChecks, isShellScript, runChecks } from './checks.ts';

test.each([
  ['#!/bin/sh', true],
  ['#!/bin/bash -e', true],
  ['#! /usr/bin/env bash', true],
  ['#!/usr/bin/env node', false],
  ['# a heading', false],
  ['', false],
])('%j begins a shell script: %s', (line, expected) => {
  expect(isShellScript(line)).toBe(expected);
});

describe('the checks of a checkout', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'appflux-checks-'));
    for (const folder of ['part/src', 'part/deep', 'dashboard', 'docs-site', 'node_modules/x', '.ci']) {
      await mkdir(join(root, folder), { recursive: true });
    }
    for (const path of [
      'tsconfig.json',
      'part/tsconfig.json',
      'part/deep/tsconfig.json',
      'dashboard/tsconfig.json',
      'docs-site/tsconfig.json',
    ]) {
      await writeFile(join(root, path), '{}');
    }
    await writeFile(join(root, 'dashboard/package.json'), '{}');
    await writeFile(join(root, '.dependency-cruiser.mjs'), 'export default {};\n');
    await writeFile(join(root, '.ci/run'), '#!/bin/sh\nexec npm test\n');
    await writeFile(join(root, 'node_modules/x/run.sh'), '#!/bin/sh\n');
    await writeFile(join(root, 'node_modules/x/tsconfig.json'), '{}');
  });
  afterEach(() => rm(root, { recursive: true }));

  test('cover every part that has compiler options, and every shell script', async () => {
    const checks = await findChecks(root);
    expect(checks.map(({ title }) => title)).toEqual([
      'format and lint',
      'types of dashboard',
      'types of part/deep',
      'types of part',
      'imports',
      'shell scripts',
    ]);
    expect(checks.at(-1)?.args).toEqual(['.ci/run']);
  });

  test('count as tests and print what was found', async () => {
    const lines: string[] = [];
    const task = { detail: vi.fn(), done: vi.fn(), failed: vi.fn() };
    const progress: Progress = { task: () => task, say: (text) => lines.push(text) };
    const outcome = await runChecks(
      [
        { title: 'good', command: 'true', args: [] },
        { title: 'bad', command: 'sh', args: ['-c', 'echo found >&2; exit 1'] },
        { title: 'not there', command: '/nowhere/program', args: [] },
      ],
      root,
      progress,
    );
    expect(outcome).toMatchObject({ passed: 1, failed: 2 });
    // They run in parallel, and the first to end prints first.
    expect(lines.join('\n')).toContain('found');
    expect(lines.join('\n')).toContain('ENOENT');
    expect(task.done).toHaveBeenCalledTimes(1);
    expect(task.failed).toHaveBeenCalledTimes(2);
  });
});
