/** Capacitor, Cordova and Expo: what puts an app's shell around pages or JavaScript. */
import { byRules, group } from './rule.ts';

const WEB_PART =
  'Build the web app before it is copied, into the folder that webDir in the Capacitor configuration names.';

export const explainAppShells = byRules([
  { when: /^\[error\] Could not find the web assets directory: (?<folder>\S+)\.$/, hint: WEB_PART },
  { when: /^\[error\] The web assets directory .{0,200} must contain an index\.html/, hint: WEB_PART },
  {
    when: /^\[error\] Could not find installation of TypeScript/,
    hint: 'Add typescript to the devDependencies and commit the lockfile, or write the Capacitor configuration as JSON.',
  },
  {
    when: /^\[error\] \S/,
    hint: 'Run the same `npx cap` command in a clean checkout; the surrounding log lines say more.',
  },
  {
    when: /^Error validating package name/,
    hint: 'The id of <widget> in config.xml becomes the name of the Android package: at least two parts such as com.example.app, the first with two letters or more, and none of them a reserved word of Java.',
  },
  {
    when: /No platforms added to this project/,
    hint: 'Add Android to the project (`npx cordova platform add android`) and commit package.json.',
  },
  {
    when: /Failed to resolve plugin for module "(?<name>[^"]{1,200})"/,
    hint: (found) =>
      `app.json lists the plugin ${group(found, 'name')}. Add it to the dependencies and commit the lockfile.`,
  },
  {
    when: /^(?:CommandError|PluginError|ConfigError|JsonFileError): \S/,
    hint: 'Expo could not read the app configuration. To reproduce, run `npx expo config` in a clean checkout. Plugins must be dependencies.',
  },
]);
