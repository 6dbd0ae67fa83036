import { execa } from 'execa';
import { expect, test } from 'vitest';
import { handover, waitingCommand } from './waiting-program.ts';

/** Runs the waiting program with an entry that prints where it is and what it has. */
async function wait(input: string, entry = '/usr/bin/env') {
  const [program = '', ...args] = waitingCommand(entry);
  return execa(program, args, {
    input,
    env: { PATH: '/usr/bin:/bin', GIVEN: 'by the image', LC_ALL: 'C' },
    extendEnv: false,
    reject: false,
  });
}

test('the entry has the variables of the image and of the build, whatever is in them', async () => {
  const { stdout, exitCode } = await wait(
    handover('/', { GIVEN: 'by the build', EMPTY: '', ODD: 'a=b\n\t"c" $(d) ä' }),
  );
  expect(exitCode).toBe(0);
  expect(stdout.replace(/^_=.*\n?/m, '').split('\n')).toEqual(
    expect.arrayContaining(['GIVEN=by the build', 'EMPTY=', 'ODD=a=b', '\t"c" $(d) ä', 'PATH=/usr/bin:/bin']),
  );
});

test('the entry runs in the build’s folder', async () => {
  expect((await wait(handover('/usr', {}), '/bin/pwd')).stdout).toBe('/usr');
});

test.each([
  ['nothing', ''],
  ['half of an entry', '/usr\0VALUE=ab'],
  ['no end', '/usr\0VALUE=ab\0'],
])('%s runs nothing, and is no success', async (_, input) => {
  const { stdout, exitCode } = await wait(input);
  expect([stdout, exitCode]).toEqual(['', 125]);
});

test('a folder that is not there runs nothing', async () => {
  const { stdout, exitCode, stderr } = await wait(handover('/no/such', {}));
  expect(stdout).toBe('');
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('/no/such: No such file');
});
