/** Gradle's wrapper: the program of a project that fetches its Gradle, before Gradle itself says anything. */
import { before, byRules, type Found, group } from './rule.ts';

const COMMIT_JAR =
  'Commit gradle/wrapper/gradle-wrapper.jar (a .gitignore with *.jar leaves it out: `git add -f` takes it all the same). `gradle wrapper` makes it anew.';

/** The failure, with what was to be fetched. */
function fetching(found: Found): string {
  const address = before(found, /^Downloading (\S+)/, 6)?.[1];
  const why = found.match.input.replace(/^Exception in thread "main" /, '');
  return address === undefined ? why : `Downloading ${address}: ${why}`;
}

/** A wrapper's exception, not one of a program that the build runs. */
const FETCH = /^Exception in thread "main" java\.(?:net|io)\.\w+(?:Exception|Error)\b/;
const isFetch = (lines: readonly string[]): boolean =>
  lines.some((line) => /^Downloading \S+\.zip$/.test(line));

const wrapperRules = byRules([
  { when: /^Error: Unable to access jarfile \S*gradle-wrapper\.jar/, hint: COMMIT_JAR },
  { when: /Could not find or load main class org\.gradle\.wrapper\.GradleWrapperMain/, hint: COMMIT_JAR },
  {
    when: /^Error: Invalid or corrupt jarfile \S*gradle-wrapper\.jar/,
    hint: `gradle/wrapper/gradle-wrapper.jar is no program: perhaps Git LFS left a pointer in its place, or a tool changed its line ends. ${COMMIT_JAR}`,
  },
  {
    when: /Wrapper properties file '[^']+' does not exist/,
    hint: 'Commit gradle/wrapper/gradle-wrapper.properties: it says which Gradle the project is built with.',
  },
  {
    when: /Verification of Gradle distribution failed/,
    hint: 'What was fetched is not what distributionSha256Sum in gradle/wrapper/gradle-wrapper.properties stands for. Correct the one that is wrong: Gradle lists the hashes of its releases.',
  },
  {
    when: /^(?:\.\/)?gradlew: \d+: .{0,40}Syntax error|^(?:bash: )?(?:\.\/)?gradlew: \/bin\/sh\^M: bad interpreter/,
    hint: 'gradlew has line ends of Windows. Save it with LF, and put `gradlew text eol=lf` into .gitattributes.',
  },
  {
    when: /gradlew: (?:Permission denied|cannot execute)/,
    hint: 'gradlew is not executable: `git update-index --chmod=+x gradlew`, or call it as `sh ./gradlew`.',
  },
]);

const fetchRules = byRules([
  {
    when: /^Exception in thread "main" java\.io\.\w+: Unable to tunnel through proxy|^Exception in thread "main" java\.net\.UnknownHostException: (?<host>\S+)/,
    say: fetching,
    hint: (found) =>
      `Gradle could not be fetched${group(found, 'host') === '' ? '' : ` from ${group(found, 'host')}`}. The official Android image may fetch it; the one of Debian's packages builds without a network. Of another host in distributionUrl, the owner of the runner can add it to the allowed hosts.`,
  },
  {
    when: FETCH,
    say: fetching,
    hint: 'Check distributionUrl in gradle/wrapper/gradle-wrapper.properties.',
  },
]);

export const explainGradleWrapper = (lines: readonly string[]) =>
  wrapperRules(lines) ?? (isFetch(lines) ? fetchRules(lines) : null);
