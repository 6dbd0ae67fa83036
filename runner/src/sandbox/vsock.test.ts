import Docker from 'dockerode';
import { describe, expect, test, vi } from 'vitest';
import {
  ALLOW,
  AND,
  guardFor,
  IF_EQUAL,
  type Instruction,
  LOAD,
  REFUSE,
  RETURN,
  refusesVsock,
  vsockFilter,
  vsockGuard,
} from './vsock.ts';

/** Runs a filter as the kernel does, with the offsets of struct seccomp_data. */
function run(filter: readonly Instruction[], data: Readonly<Record<number, number>>): number {
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 1) {
    const [code, yes, no, operand] = filter[at] ?? [RETURN, 0, 0, 0];
    if (code === RETURN) return operand;
    if (code === LOAD) accumulator = data[operand] ?? Number.NaN;
    else if (code === AND) accumulator = (accumulator & operand) >>> 0;
    else if (code === IF_EQUAL) at += accumulator === operand ? yes : no;
    else throw new Error(`no such instruction: ${code}`);
  }
  throw new Error('the filter has no end');
}

const ABI = { amd64: 0xc000003e, i386: 0x40000003, arm64: 0xc00000b7, arm: 0x40000028, other: 0x1234 };
const [UNIX, INET, VSOCK] = [1, 2, 40];

describe('the filter', () => {
  test.each([
    ['amd64', ABI.amd64, 41, VSOCK, REFUSE],
    ['amd64', ABI.amd64, 41, INET, ALLOW],
    ['amd64', ABI.amd64, 41, UNIX, ALLOW],
    ['amd64', ABI.amd64, 42, VSOCK, ALLOW],
    // The same call in the numbering of x32.
    ['amd64', ABI.amd64, 41 + 0x40000000, VSOCK, REFUSE],
    // A program of 32 bits, or one of 64 bits that calls as such.
    ['amd64', ABI.i386, 359, VSOCK, REFUSE],
    ['amd64', ABI.i386, 359, INET, ALLOW],
    ['amd64', ABI.i386, 102, 1, REFUSE],
    ['amd64', ABI.i386, 102, 3, ALLOW],
    ['amd64', ABI.i386, 41, VSOCK, ALLOW],
    ['arm64', ABI.arm64, 198, VSOCK, REFUSE],
    ['arm64', ABI.arm64, 198, INET, ALLOW],
    ['arm64', ABI.arm, 281, VSOCK, REFUSE],
    ['arm64', ABI.other, 198, VSOCK, ALLOW],
  ])('on %s, of architecture %i, call %i with %i: %i', (processor, arch, call, first, verdict) => {
    expect(run(vsockFilter(processor) ?? [], { 0: call, 4: arch, 16: first })).toBe(verdict);
  });
});

test('goes before the command where the engine has no such filter itself', () => {
  expect(refusesVsock('20.10.24+dfsg1')).toBe(false);
  expect(refusesVsock('23.0.0')).toBe(true);
  expect(vsockGuard('20.10.24+dfsg1', 'amd64')[0]).toBe('perl');
  expect(vsockGuard('28.2.2', 'amd64')).toEqual([]);
  expect(vsockGuard('20.10.24', 'riscv64')).toEqual([]);
});

test.each([
  ['20.10.24', 1],
  ['28.2.2', 2],
])('engine %s is asked for its version %i times by two containers', async (Version, times) => {
  const engine = new Docker();
  const version = vi
    .spyOn(engine, 'version')
    .mockImplementation(async () => ({ Version, Arch: 'amd64' }) as never);
  const guard = await guardFor(engine, undefined);
  expect(await guardFor(engine, undefined)).toEqual(guard);
  expect(guard).toEqual(vsockGuard(Version, 'amd64'));
  expect(version).toHaveBeenCalledTimes(times);
});
