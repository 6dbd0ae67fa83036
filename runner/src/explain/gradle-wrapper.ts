/** Gradle's wrapper: the program of a project that fetches its Gradle, before Gradle itself says anything. */
import { before, byRules, type Found, group } from './rule.ts';

const COMMIT_JAR =
  'Commit gradle/wrapper/gradle-wrapper.jar (use `git add -f` if .gitignore excludes *.jar). `gradle wrapper` recreates it.';

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
    hint: `gradle/wrapper/gradle-wrapper.jar is damaged: it may be a Git LFS pointer, or a tool changed its line endings. ${COMMIT_JAR}`,
  },
  {
    when: /Wrapper properties file '[^']+' does not exist/,
    hint: 'Commit gradle/wrapper/gradle-wrapper.properties, which sets the Gradle version of the project.',
  },
  {
    when: /Verification of Gradle distribution failed/,
    hint: 'The download doesn’t match distributionSha256Sum in gradle/wrapper/gradle-wrapper.properties. Correct the hash or the URL; Gradle lists the hashes of its releases.',
  },
  {
    when: /^(?:\.\/)?gradlew: \d+: .{0,40}Syntax error|^(?:bash: )?(?:\.\/)?gradlew: \/bin\/sh\^M: bad interpreter/,
    hint: 'gradlew has Windows line endings. Save it with LF, and add `gradlew text eol=lf` to .gitattributes.',
  },
  {
    when: /gradlew: (?:Permission denied|cannot execute)/,
    hint: 'gradlew is not executable. Run `git update-index --chmod=+x gradlew`, or call it as `sh ./gradlew`.',
  },
]);

const fetchRules = byRules([
  {
    when: /^Exception in thread "main" java\.io\.\w+: Unable to tunnel through proxy|^Exception in thread "main" java\.net\.UnknownHostException: (?<host>\S+)/,
    say: fetching,
    hint: (found) =>
      `Gradle could not be downloaded${group(found, 'host') === '' ? '' : ` from ${group(found, 'host')}`}. The official Android image allows the download; the image with Debian’s packages builds offline. If distributionUrl uses another host, the owner of the runner can allow it.`,
  },
  {
    when: FETCH,
    say: fetching,
    hint: 'Check distributionUrl in gradle/wrapper/gradle-wrapper.properties.',
  },
]);

export const explainGradleWrapper = (lines: readonly string[]) =>
  wrapperRules(lines) ?? (isFetch(lines) ? fetchRules(lines) : null);
