/**
 * Keeps builds from sockets to whatever runs the host as a virtual machine (vsock(7)): no network namespace holds those
 * back. The engine's own filter of system calls refuses them from 23.0 on; before that, the first program of a container
 * installs a filter of ours and then executes the entry. A filter is permanent, also for children (seccomp(2)).
 */
import { hasOwnKernel } from './container-spec.ts';
import type { Engine } from './engine.ts';

/** Whether an engine's own filter refuses vsock. Pure. */
export const refusesVsock = (version: string): boolean => Number.parseInt(version, 10) >= 23;

interface Processor {
  readonly prctl: number;
  /** How each kind of program that runs on it makes a socket (linux/audit.h, and the tables of system calls). */
  readonly abis: readonly Abi[];
}

interface Abi {
  readonly audit: number;
  readonly socket: number;
  /** Where all calls for sockets may come as one; its first argument is then 1 for a new socket (socketcall(2)). */
  readonly socketcall?: number;
  /** A bit that marks a second numbering of the same calls. */
  readonly mask?: number;
}

const PROCESSORS: Readonly<Record<string, Processor>> = {
  amd64: {
    prctl: 157,
    abis: [
      { audit: 0xc000003e, socket: 41, mask: 0x3fff_ffff },
      { audit: 0x40000003, socket: 359, socketcall: 102 },
    ],
  },
  arm64: {
    prctl: 167,
    abis: [
      { audit: 0xc00000b7, socket: 198 },
      { audit: 0x40000028, socket: 281 },
    ],
  },
};

/** One instruction of a classic BPF program: code, jumps when true and when false, operand (linux/filter.h). */
export type Instruction = readonly [code: number, yes: number, no: number, operand: number];

export const LOAD = 0x20;
export const AND = 0x54;
export const IF_EQUAL = 0x15;
export const RETURN = 0x06;
/** Offsets in the data that a filter is given (struct seccomp_data): number, architecture, low half of the first argument. */
export const CALL = 0;
export const ARCH = 4;
export const FIRST = 16;

export const ALLOW = 0x7fff0000;
/** The call fails with EAFNOSUPPORT, as on a kernel that knows no vsock. */
export const REFUSE = 0x0005_0000 | 97;
const AF_VSOCK = 40;
const SYS_SOCKET = 1;

/** The filter for a processor, as the engine names it; null for one that is not known here. Pure. */
export function vsockFilter(architecture: string): Instruction[] | null {
  const processor = PROCESSORS[architecture];
  if (processor === undefined) return null;
  const blocks = processor.abis.map(({ audit, socket, socketcall, mask }) => {
    const check = (call: number, first: number): Instruction[] => [
      [IF_EQUAL, 0, 4, call],
      [LOAD, 0, 0, FIRST],
      [IF_EQUAL, 0, 1, first],
      [RETURN, 0, 0, REFUSE],
      [RETURN, 0, 0, ALLOW],
    ];
    const body: Instruction[] = [
      [LOAD, 0, 0, CALL],
      ...(mask === undefined ? [] : [[AND, 0, 0, mask] as const]),
      ...check(socket, AF_VSOCK),
      ...(socketcall === undefined ? [] : check(socketcall, SYS_SOCKET)),
      [RETURN, 0, 0, ALLOW],
    ];
    return [[LOAD, 0, 0, ARCH], [IF_EQUAL, 0, body.length, audit], ...body] satisfies Instruction[];
  });
  return [...blocks.flat(), [RETURN, 0, 0, ALLOW]];
}

/** Puts the filter in force and becomes the rest of its arguments. `prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program)`. */
const PROGRAM =
  'my $f = pack("H*", shift); my $n = 0 + shift; ' +
  'syscall($n, 22, 2, pack("S x6 P", length($f) / 8, $f)) == 0 or die "no filter of system calls: $!\\n"; exec @ARGV or die "$!\\n"';

/** What goes before a container's command; nothing where the engine needs no help, or where it cannot be given any. Pure. */
export function vsockGuard(version: string, architecture: string): string[] {
  const filter = refusesVsock(version) ? null : vsockFilter(architecture);
  const processor = PROCESSORS[architecture];
  if (filter === null || processor === undefined) return [];
  const bytes = Buffer.alloc(filter.length * 8);
  for (const [index, [code, yes, no, operand]] of filter.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(yes, index * 8 + 2);
    bytes.writeUInt8(no, index * 8 + 3);
    bytes.writeUInt32LE(operand, index * 8 + 4);
  }
  return ['perl', '-e', PROGRAM, bytes.toString('hex'), String(processor.prctl)];
}

/** Those that were found necessary. They do no harm when the engine is replaced by one that refuses vsock itself. */
const necessary = new WeakMap<Engine, string[]>();

/** The same, for an engine. A runtime with a kernel of its own needs none. */
export async function guardFor(engine: Engine, runtime: string | undefined): Promise<string[]> {
  if (hasOwnKernel(runtime)) return [];
  const known = necessary.get(engine);
  if (known !== undefined) return known;
  const { Version, Arch } = await engine.version();
  const guard = vsockGuard(Version, Arch);
  if (guard.length > 0) necessary.set(engine, guard);
  return guard;
}
