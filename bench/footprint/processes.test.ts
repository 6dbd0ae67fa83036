import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { footprint, partOf } from './processes.ts';

test.each([
  ['node stack/bootstrap.mjs start ', 'launcher'],
  ['/x/bin/node /x/stack/start.ts ', 'start'],
  ['/x/bin/node /x/stack/edge.ts ', 'edge'],
  [
    '/x/workerd-linux-64/bin/workerd serve --experimental --control-fd=3 /s/edge-tmp/control-plane.capnp ',
    'workerd',
  ],
  [
    '/x/workerd-linux-64/bin/workerd serve --experimental --control-fd=3 /s/servers/workerd.capnp ',
    'workerd of sites',
  ],
  [
    '/x/bin/node --enable-source-maps /s/bundle-runner/0123456789abcdef/runner.mjs start --state /s ',
    'runner',
  ],
  ['git clone x ', 'others'],
])('%s is the part %s', (command, part) => {
  expect(partOf(command)).toBe(part);
});

test('counts what a process and its children have in memory', async () => {
  const source = `
    const bytes = Buffer.alloc(64 * 1024 * 1024, 1);
    if (process.argv[1] === 'parent') {
      const { spawn } = await import('node:child_process');
      spawn(process.execPath, ['--input-type=module', '--eval', process.argv[2]], { stdio: 'inherit' });
    } else process.stdout.write('ready');
    setInterval(() => bytes.length, 1000);
  `;
  const args = ['--input-type=module', '--eval', source, 'parent', source];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  try {
    await once(child.stdout, 'data');
    const { others } = footprint(child.pid ?? 0);
    expect(others).toBeGreaterThan(128 * 1024 ** 2);
    expect(others).toBeLessThan(400 * 1024 ** 2);
  } finally {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  }
});
