import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { NEEDS, type Need, needsOf as needsOfFile, readFrom } from './needs.ts';
import { planTests } from './plan.ts';

const FILES: Record<string, Need[]> = {
  'protocol/src/log.test.ts': [],
  'runner/src/scan/scan.test.ts': ['scanner'],
  'runner/src/scan/malware.docker.test.ts': ['engine', 'scanner'],
};
const plan = (...args: string[]) => planTests(args, Object.keys(FILES), (path) => new Set(FILES[path]));
const needsOf = (...args: string[]) => NEEDS.filter((need) => plan(...args)[need]);

test('everything is checked and needs everything', () => {
  expect(plan()).toMatchObject({ checks: true, watch: false, args: [] });
  expect(needsOf()).toEqual([...NEEDS]);
});

test('a project needs what it needs as a whole', () => {
  expect(plan('runner')).toMatchObject({ checks: false, args: ['--project=runner'] });
  expect(needsOf('runner')).toEqual(['git', 'scanner']);
  expect(needsOf('protocol')).toEqual([]);
  expect(plan('edge').args).toEqual(['--project=@appflux/edge']);
});

test('the needs of several projects are combined', () => {
  expect(needsOf('runner', 'stack')).toEqual(['git', 'imageTools', 'scanner', 'monitoring']);
  expect(plan('runner', '-t', 'masks').args).toEqual(['--project=runner', '-t', 'masks']);
});

test.each([
  'protocol',
  'client',
  'detection',
  'edge',
  'runner',
  'cli',
  'dashboard',
  'bench',
  'stack',
  'docker',
  'e2e',
])('of the files of %s, none needs what the project as a whole does not', (project) => {
  const listed = execFileSync('git', ['ls-files', '*.test.ts'], { cwd: ROOT, encoding: 'utf8' });
  const folders = { bench: ['bench', 'chaos'], stack: ['stack', 'builder-images'] }[project] ?? [project];
  const files = listed
    .trim()
    .split('\n')
    // That file has import statements in texts.
    .filter((path) => path !== 'stack/testing/needs.test.ts')
    .filter((path) =>
      path.endsWith('.docker.test.ts')
        ? project === 'docker'
        : folders.includes(path.slice(0, path.indexOf('/'))),
    );
  expect(files).not.toEqual([]);
  const whole = planTests([project]);
  const missing = files.flatMap((path) =>
    [...needsOfFile(path, readFrom(ROOT))].filter((need) => !whole[need]).map((need) => [path, need]),
  );
  expect(missing).toEqual([]);
});

test.each<[string[], Need[]]>([
  [['protocol/src/log.test.ts'], []],
  [['./protocol/src/log.test.ts'], []],
  [['scan.test'], ['scanner']],
  [['runner/src'], ['engine', 'scanner']],
  [['runner', 'scan.test'], ['scanner']],
  [['protocol/src/log.test.ts', '-t', 'malware'], []],
])('for %j only %j is prepared', (args, needs) => {
  expect(needsOf(...args)).toEqual(needs);
});

test('an argument that matches no file prepares everything, because vitest may know more', () => {
  expect(needsOf('-t', 'a title')).toEqual([...NEEDS]);
  expect(needsOf('no-such-file')).toEqual([...NEEDS]);
});

test('--watch is not passed on to vitest run', () => {
  expect(plan('--watch', 'scan.test')).toMatchObject({ watch: true, args: ['scan.test'], checks: false });
});
