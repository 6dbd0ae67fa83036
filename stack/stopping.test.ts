import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAnotherSignal } from './stopping.ts';

/** A process that waits to be stopped, then for 600 s, unless it is forced. */
async function waiter() {
  const script = `
    const { stopRequested } = await import(${JSON.stringify(join(import.meta.dirname, 'stopping.ts'))});
    const held = setInterval(() => undefined, 1000);
    const stop = stopRequested(() => process.exit(130));
    process.stdout.write('waiting ');
    await stop;
    process.stdout.write('stopping ');
    process.on('SIGUSR2', () => { clearInterval(held); process.exit(0); });
    process.stdout.write('ready ');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const until = async (word: string) => {
    while (!output.includes(word)) await once(child.stdout ?? child, 'data');
  };
  await until('waiting');
  return { child, until };
}

describe('a command ends', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'on %s, and the echo of it forces nothing',
    async (signal) => {
      const { child, until } = await waiter();
      child.kill(signal);
      child.kill(signal);
      await until('ready');
      child.kill('SIGUSR2');
      expect(await once(child, 'exit')).toEqual([0, null]);
    },
  );

  test('when the process that started it is gone', async () => {
    const { child, until } = await waiter();
    child.disconnect();
    await until('ready');
    child.kill('SIGUSR2');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

test('a second signal counts if it comes later', () => {
  expect(isAnotherSignal(0, 3)).toBe(false);
  expect(isAnotherSignal(0, 1_500)).toBe(true);
});
