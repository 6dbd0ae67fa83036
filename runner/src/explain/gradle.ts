/** Gradle, the Android Gradle plugin and what they run: "* What went wrong:". */
import { byRules, type Found, following, group } from './rule.ts';

const SDK = 'Use versions that the builder image has; `appflux-runner doctor` lists its tools.';

/** The deepest reason below "What went wrong": Gradle indents each cause with `>`. */
function deepest({ index, lines, match }: Found): string {
  let reason = match.input;
  for (const line of lines.slice(index + 1, index + 15)) {
    if (line === '' || line.startsWith('* ')) break;
    if (/^\s*> /.test(line) || reason === match.input) reason = line.replace(/^[\s>]+/, '');
  }
  return reason;
}

export const explainGradle = byRules([
  {
    when: /Failed to install the following Android SDK packages as some licen[cs]es have not been accepted|licen[cs]es? for package .{1,80} not accepted/i,
    say: (found) => {
      const wanted = following(found, /^\s+((?:platforms|build-tools|ndk|cmake|platform-tools)\S*)/, 6)?.[1];
      return wanted === undefined ? found.match.input : `The Android SDK package ${wanted} is not installed`;
    },
    hint: `The build needs an SDK package that the image doesn’t have, and builds can’t install SDK packages. ${SDK}`,
  },
  {
    when: /Failed to find (?:target with hash string '(?<target>[^']+)'|Build Tools revision (?<tools>\S+)|Platform SDK with path: (?<path>\S+))/,
    hint: (found) =>
      `The image has no Android SDK ${group(found, 'target') || group(found, 'tools') || group(found, 'path')}. Set compileSdk or buildToolsVersion to one that it has. ${SDK}`,
  },
  {
    when: /SDK location not found/,
    hint: 'local.properties contains a path of your machine. Remove it from the source; the image sets ANDROID_HOME.',
  },
  {
    when: /Unsupported class file major version (?<major>\d+)|has been compiled by a more recent version of the Java Runtime/,
    hint: 'The Gradle version of the wrapper doesn’t support this JDK. Raise it in gradle/wrapper/gradle-wrapper.properties.',
  },
  {
    when: /Android Gradle plugin requires Java (?<java>\d+)/,
    hint: (found) =>
      `Use an Android Gradle plugin that supports the JDK of the builder image, or an image with JDK ${group(found, 'java')}.`,
  },
  {
    when: /^(?<file>\S+\.(?:java|kt|groovy|gradle|kts)):(?<line>\d+): error: (?<why>.*)/,
    hint: 'Fix the code at the location shown; the following log lines show it.',
  },
  {
    when: /^\s*> Could not find (?:any version that matches )?(?<name>[\w.-]+:[\w.-]+:\S+?)\.?$|^\s*> Could not find (?:any matches for )?(?<other>[\w.-]+:[\w.-]+\S*)/,
    hint: 'Check the name and version of the dependency, and that `repositories` includes its repository (google(), mavenCentral(), …).',
  },
  {
    when: /No cached version of (?<name>\S+) available for offline mode/,
    hint: 'This image builds offline, with the packages it contains. Use a runner with the official Android image, or a version that this image contains.',
  },
  {
    when: /^\s*> Could not (?:GET|HEAD|download|resolve) (?<what>\S+)/,
    say: deepestAround,
    hint: 'The file could not be downloaded. Builds can only reach the allowed hosts. A log line starting with "Network:" names the refused host; the owner of the runner can allow it.',
  },
  {
    when: /Plugin \[id: '(?<id>[^']+)'.{0,120}\] was not found/,
    hint: 'Check the id and version of the plugin, and that pluginManagement.repositories includes its repository.',
  },
  {
    when: /Keystore file '[^']*' not found|Keystore was tampered with, or password was incorrect|No key with alias '[^']*' found|SigningConfig "[^"]*" is missing required property/,
    hint: 'Check the app’s file KEYSTORE and its variables KEYSTORE_PASSWORD, KEY_ALIAS and KEY_PASSWORD.',
  },
  {
    when: /Duplicate class \S+ found in modules/,
    hint: 'Two dependencies contain the same class. Remove or exclude one of them; `./gradlew app:dependencies` shows where they come from.',
  },
  {
    when: /Manifest merger failed/,
    hint: 'Two manifests conflict: the following log lines name the attribute, and the `tools:` attribute that resolves it.',
  },
  {
    when: /AAPT: error: |error: resource \S+ .{0,80}not found|Android resource linking failed/,
    hint: 'A resource is missing or invalid at the location shown. Names are case-sensitive, and generated resources must be committed or created by the build.',
  },
  {
    when: /Task '(?<task>[^']+)' not found in (?:root )?project/,
    hint: (found) =>
      `The task ${group(found, 'task')} doesn’t exist. Check the module and the variant (assemble + flavor + Release), or set the build command.`,
  },
  {
    when: /^\s*(?:build|settings|script) file '(?<file>[^']+)': (?<line>\d+): (?<why>.*)/,
    hint: 'Fix the Gradle file at the line shown.',
  },
  {
    when: /^\* What went wrong:/,
    say: deepest,
    hint: 'The log lines before "* Try:" say what failed. To debug, run the same task with --stacktrace in a clean checkout.',
  },
]);

/** The line, with the reason that stands below it. */
function deepestAround(found: Found): string {
  const reason = following(found, /^\s+> (.*)/, 3)?.[1];
  const line = found.match.input.replace(/^[\s>]+/, '');
  return reason === undefined ? line : `${line} ${reason}`;
}
