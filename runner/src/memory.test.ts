/**
 * In processes of their own: work of other tests would make V8 collect by itself. The timers of one process run in the order
 * of their times, however busy the machine is, so that the last one sees whether the others collected.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const MEMORY = JSON.stringify(new URL('./memory.ts', import.meta.url).href);

/** Whether an object that nothing refers to is collected while a process waits, after `call`. */
async function collectsAfter(call: string): Promise<boolean> {
  const source = `
    import { collectGarbageSoon } from ${MEMORY};
    const nowhere = new WeakRef({});
    ${call}
    setTimeout(() => process.stdout.write(String(nowhere.deref() === undefined)), 5_500);
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', source]);
  return stdout === 'true';
}

test('a process that is idle collects garbage, one that works does not', { timeout: 60_000 }, async () => {
  const calls = [
    'collectGarbageSoon();',
    'collectGarbageSoon(() => false);',
    // Work that ended again puts it off.
    'collectGarbageSoon(); setTimeout(collectGarbageSoon, 2_000);',
  ];
  expect(await Promise.all(calls.map(collectsAfter))).toEqual([true, false, false]);
});
