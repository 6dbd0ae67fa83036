/** Kotlin's compiler: `e: file:///path/File.kt:1:2 message`, and before 1.9 `e: path: (1, 2): message`. */
import { byFirstLine, group } from './rule.ts';

const say = ({ match }: { match: RegExpExecArray }) =>
  `${match.groups?.file}:${match.groups?.line}: ${match.groups?.why}`;

const PLACE = 'Correct it at the place named.';

export const explainKotlin = byFirstLine([
  {
    when: /^e: (?:file:\/\/)?(?<file>\/?[^\s:]+\.kts?):\s?\(?(?<line>\d+)(?:, |:)\d+\)?:? (?<why>Unresolved reference:? .*)/,
    say,
    hint: 'The name is not known there: check its import, the dependency that has it, and capitals.',
  },
  {
    when: /^e: (?:file:\/\/)?(?<file>\/?[^\s:]+\.kts?):\s?\(?(?<line>\d+)(?:, |:)\d+\)?:? (?<why>.+)/,
    say,
    hint: PLACE,
  },
  {
    when: /compiled with an incompatible version of Kotlin|was compiled with an incompatible version of Kotlin/,
    hint: 'A dependency needs a newer Kotlin. Raise the version of the Kotlin plugin.',
  },
  {
    when: /Inconsistent JVM[- ]target compatibility|'compile\w+' task \(current target is (?<java>\S+)\)/,
    hint: (found) =>
      `Java and Kotlin are compiled for different versions${group(found, 'java') === '' ? '' : ` (Java: ${group(found, 'java')})`}. Set one with kotlin { jvmToolchain(17) }.`,
  },
  {
    when: /This version .{0,60}of the Compose Compiler requires Kotlin version \S+/,
    hint: 'Set the versions of Kotlin and of the Compose compiler that belong together, or take the Compose compiler plugin of Kotlin 2.',
  },
]);
