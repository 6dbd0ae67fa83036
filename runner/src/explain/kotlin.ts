/** Kotlin's compiler: `e: file:///path/File.kt:1:2 message`, and before 1.9 `e: path: (1, 2): message`. */
import { byFirstLine, group } from './rule.ts';

const say = ({ match }: { match: RegExpExecArray }) =>
  `${match.groups?.file}:${match.groups?.line}: ${match.groups?.why}`;

const PLACE = 'Fix the code at the location shown.';

export const explainKotlin = byFirstLine([
  {
    when: /^e: (?:file:\/\/)?(?<file>\/?[^\s:]+\.kts?):\s?\(?(?<line>\d+)(?:, |:)\d+\)?:? (?<why>Unresolved reference:? .*)/,
    say,
    hint: 'The name is unknown there. Check its import, its dependency and its spelling.',
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
    hint: 'Use matching versions of Kotlin and the Compose compiler, or the Compose compiler plugin of Kotlin 2.',
  },
]);
