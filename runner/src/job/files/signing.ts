/** Signing of Android builds with the app's keystore. Pure. */
import { say } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';

/** The file and the variables that an app signs with. */
export const KEYSTORE = 'KEYSTORE';
const PASSWORD = 'KEYSTORE_PASSWORD';
const ALIAS = 'KEY_ALIAS';
const KEY_PASSWORD = 'KEY_PASSWORD';

export interface Signing {
  /** What goes into GRADLE_OPTS; null without a keystore, or with too little to use it. */
  readonly gradleOptions: string | null;
  /** A sentence for the log, or null where there is no keystore. */
  readonly note: string | null;
}

/**
 * Has the Android Gradle plugin sign release builds with the app's keystore, whatever the project's own settings say: it
 * reads the properties `android.injected.signing.*` (com.android.builder.model.AndroidProject), and Gradle takes project
 * properties from system properties (docs.gradle.org, "Build Environment"). They travel in GRADLE_OPTS, which `gradle`
 * and `gradlew` read like a shell does, so that no command has to be changed and no password is an argument.
 * @param path of the keystore in the container; null when the app has none
 */
export function androidSigning(path: string | null, variables: Readonly<Record<string, string>>): Signing {
  if (path === null) return { gradleOptions: null, note: null };
  const { [PASSWORD]: password, [ALIAS]: alias, [KEY_PASSWORD]: keyPassword = password } = variables;
  if (password === undefined || alias === undefined || keyPassword === undefined) {
    return {
      gradleOptions: null,
      note: `The file ${KEYSTORE} is set, but signing with it also needs the variables ${PASSWORD} and ${ALIAS} (and ${KEY_PASSWORD}, if it differs). Packages are signed only if the project configures it.`,
    };
  }
  const properties = {
    'store.file': path,
    'store.password': password,
    'key.alias': alias,
    'key.password': keyPassword,
  };
  const options = Object.entries(properties).map(([name, value]) =>
    quotedForShell(`-Dorg.gradle.project.android.injected.signing.${name}=${value}`),
  );
  return {
    gradleOptions: options.join(' '),
    note: `Release builds are signed with the file ${KEYSTORE}.`,
  };
}

/** In single quotes, which the shell and xargs both take off again. */
function quotedForShell(text: string): string {
  if (/[\r\n]/.test(text)) {
    throw new JobFailure(
      'settings_invalid',
      say`${PASSWORD}, ${ALIAS} and ${KEY_PASSWORD} must each be a single line`,
    );
  }
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
