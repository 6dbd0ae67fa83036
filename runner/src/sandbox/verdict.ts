/** Turns the end of a build into a success or a failure. Pure. */
import { constants } from 'node:os';
import { formatBytes, printable } from '@appflux/protocol';
import { type Explanation, explain } from '../explain/index.ts';
import { locate, type SourceFolder } from '../locate/index.ts';
import type { TailLine } from '../log/attempt-log.ts';
import { own, say, shortened, type Text } from '../masking/sentence.ts';
import { type ErrorLocation, JobFailure } from '../step-context.ts';
import { failureLine } from './failure-line.ts';
import type { BuildStage, CommandStage } from './marks.ts';
import { packagerFailure } from './packager-failure.ts';
import type { ContainerEnd } from './run-container.ts';

export interface FinishedBuild extends ContainerEnd {
  /** The stage that started last; null for none. */
  readonly stage: BuildStage | null;
  readonly commands: Readonly<Record<CommandStage, string | null>>;
  /** Null where nothing keeps the build to a limit. */
  readonly memoryBytes: number | null;
  /** The file system of the build's own had no room left when it ended. */
  readonly diskFull: boolean;
  readonly diskBytes: number;
  /** The hosts that the build was refused, each `host:port`. */
  readonly refusedHosts: readonly string[];
  /** The end of the output, masked, oldest line first. */
  readonly tail: readonly TailLine[];
  readonly source: SourceFolder;
}

/** What the entry exits with when it cannot do its own work (builder-images/README.md). */
const ENTRY_FAILED = 125;
/** 128 + SIGKILL: what the kernel sends when memory runs out. */
const KILLED = 137;
/** What programs print when a disk, or a build's /tmp or home (1 GB each), is full (errno(3), strerror(3)). */
const NO_SPACE = /\bENOSPC\b|no space left on device/i;

/** Null when the build ended well. */
export function verdict(build: FinishedBuild): JobFailure | null {
  if (build.exitCode === 0) return null;
  const tail = build.tail.map(({ text }) => text);
  const { explanation, outOfMemory } = explain(tail);
  const why = explanation?.line ?? failureLine(tail);
  const quoted = why === null ? '' : say`: ${printable(why, 300)}`;
  const advice = explanation === null ? {} : { hint: adviceOf(explanation, build.refusedHosts) };
  if (build.stage === null) {
    return new JobFailure('internal', say`The builder image did not start the build${quoted}`, {
      hint: own('Ask the owner of the runner to rebuild its images and run `appflux-runner doctor`.'),
    });
  }
  const named =
    build.stage === 'server'
      ? own('The packager of the server')
      : say`The ${own(build.stage)} command (${shortened(build.commands[build.stage] ?? '', 120)})`;
  if (outOfMemory !== null) {
    return new JobFailure(
      'out_of_memory',
      say`${named} failed: ${own(outOfMemory)} ran out of heap memory`,
      advice,
    );
  }
  if (build.memoryBytes !== null && (build.oomKilled || build.exitCode === KILLED)) {
    return new JobFailure(
      'out_of_memory',
      say`${named} was killed at the memory limit of ${own(formatBytes(build.memoryBytes))}`,
    );
  }
  if (build.diskFull) {
    return new JobFailure(
      'disk_full',
      say`${named} filled its disk. The limit is ${own(formatBytes(build.diskBytes))}`,
      { ofMachine: false },
    );
  }
  if (tail.some((line) => NO_SPACE.test(line))) {
    return new JobFailure('disk_full', say`${named} ran out of disk space${quoted}`);
  }
  if (build.stage === 'server') return unpacked(named, tail, build.exitCode);
  const code = build.stage === 'install' ? 'install_failed' : 'build_failed';
  const location = locationOf(build, tail, explanation);
  return new JobFailure(code, say`${named} ${own(howItEnded(build.exitCode))}${quoted}`, {
    ...advice,
    ...(location !== null && { location }),
  });
}

/** Where the error is, and the log line that reports it. */
function locationOf(
  build: FinishedBuild,
  tail: readonly string[],
  explanation: Explanation | null,
): ErrorLocation | null {
  const found = locate(tail, explanation, build.source);
  const reportedBy = build.tail[found?.index ?? -1];
  if (found === null || reportedBy === undefined) return null;
  const { path, line, column } = found;
  return { path, line, column, reportedBy };
}

/** The failure of the packager, in its own words where it has any. */
function unpacked(named: Text, tail: readonly string[], exitCode: number): JobFailure {
  const failure = packagerFailure(tail);
  if (failure === null) return new JobFailure('build_failed', say`${named} ${own(howItEnded(exitCode))}`);
  const { line, hint } = failure;
  return new JobFailure('build_failed', say`${printable(line, 600)}`, {
    ...(hint !== null && { hint: say`${printable(hint, 600)}` }),
  });
}

/** How many hosts a hint names. */
const NAMED_HOSTS = 3;

/**
 * The hint of an explanation. Advice about allowed hosts lists the hosts that this build was refused; other advice does
 * not, because telemetry is refused in many builds that fail for another reason.
 */
function adviceOf({ hint, quotes }: Explanation, hosts: readonly string[]): Text {
  const text = quotes ? hint : own(hint);
  if (hosts.length === 0 || !hint.includes('allowed hosts')) return text;
  const more = hosts.length > NAMED_HOSTS ? ` and ${hosts.length - NAMED_HOSTS} more` : '';
  return say`${text} Refused in this build: ${printable(hosts.slice(0, NAMED_HOSTS).join(', '), 300)}${own(more)}.`;
}

function howItEnded(exitCode: number): string {
  const signal = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128);
  if (signal !== undefined) return `was killed by ${signal[0]}`;
  if (exitCode === ENTRY_FAILED) return 'could not be run';
  if (exitCode === 127) return 'ended with exit code 127 (command not found)';
  return `ended with exit code ${exitCode}`;
}
