/** A runtime that used up its own memory: V8, the JVM, a compiler that the kernel killed. */
import { byRules, type Rule } from './rule.ts';

const NODE_HINT =
  'Set the variable NODE_OPTIONS=--max-old-space-size=3072 (in MB, below the memory limit of builds) in the app, or reduce the parallelism of the build.';
const JVM_HINT =
  'Set org.gradle.jvmargs=-Xmx3g in gradle.properties (below the memory limit of builds, which the owner of the runner sets).';

/** Messages of Node about its own memory limit, which is not that of the container. */
const NODE_LIMIT: readonly Rule[] = [
  { when: /^FATAL ERROR: .{0,120}JavaScript heap out of memory/, hint: NODE_HINT },
  { when: /ERR_WORKER_OUT_OF_MEMORY/, hint: NODE_HINT },
];
/** The same of the JVM. */
const JVM_LIMIT: readonly Rule[] = [
  { when: /java\.lang\.OutOfMemoryError/, hint: JVM_HINT },
  { when: /^\s*> (?:Java heap space|Metaspace|GC overhead limit exceeded)$/, hint: JVM_HINT },
  { when: /^Expiring Daemon because JVM heap space is exhausted/, hint: JVM_HINT },
  { when: /daemon will expire .{0,40}after running out of JVM (?:heap space|Metaspace)/i, hint: JVM_HINT },
  { when: /^There is insufficient memory for the Java Runtime Environment/, hint: JVM_HINT },
];

const RAISE =
  'Reduce the parallelism of the build, or ask the owner of the runner to raise its memory limit for builds (`--max-memory`).';

/** A child that was killed, most likely at the container's limit. */
const KILLED: readonly Rule[] = [
  {
    when: /Gradle build daemon disappeared unexpectedly/,
    hint: `${RAISE} For Gradle, set org.gradle.workers.max=2 and a smaller -Xmx in org.gradle.jvmargs.`,
  },
  {
    when: /\(signal: 9, SIGKILL: kill\)/,
    hint: `${RAISE} For Cargo, set the variable CARGO_BUILD_JOBS=1.`,
  },
  { when: /worker (?:exited|terminated) .{0,40}signal: SIGKILL/, hint: RAISE },
  { when: /^(?:sh: line \d+: +\d+ )?Killed\b/, hint: RAISE },
];

export const explainMemory = byRules([...NODE_LIMIT, ...JVM_LIMIT, ...KILLED]);

/** A runtime with a memory limit of its own. */
export type Runtime = 'Node' | 'Java';

/** The runtime that reached its own memory limit, or null. */
export function exhaustedRuntime(lines: readonly string[]): Runtime | null {
  if (byRules(NODE_LIMIT)(lines) !== null) return 'Node';
  return byRules(JVM_LIMIT)(lines) === null ? null : 'Java';
}
