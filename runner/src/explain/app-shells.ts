/** Capacitor, Cordova and Expo: what puts an app's shell around pages or JavaScript. */
import { byRules, group } from './rule.ts';

const WEB_PART =
  'The web part has to be built before it is copied, into the folder that webDir in the configuration of Capacitor names.';

export const explainAppShells = byRules([
  { when: /^\[error\] Could not find the web assets directory: (?<folder>\S+)\.$/, hint: WEB_PART },
  { when: /^\[error\] The web assets directory .{0,200} must contain an index\.html/, hint: WEB_PART },
  {
    when: /^\[error\] Could not find installation of TypeScript/,
    hint: 'Add typescript to the devDependencies and commit the lockfile, or write the configuration of Capacitor as JSON.',
  },
  {
    when: /^\[error\] \S/,
    hint: 'Run the same `npx cap` command in a clean checkout; the lines around it in the log say more.',
  },
  {
    when: /^Error validating package name/,
    hint: 'The id of <widget> in config.xml becomes the name of the Android package: at least two parts such as com.example.app, the first of two letters or more, and none of them a word that Java keeps for itself.',
  },
  {
    when: /No platforms added to this project/,
    hint: 'Add Android to the project (`npx cordova platform add android`) and commit package.json, which then names it.',
  },
  {
    when: /Failed to resolve plugin for module "(?<name>[^"]{1,200})"/,
    hint: (found) =>
      `app.json names the plugin ${group(found, 'name')}: add it to the dependencies and commit the lockfile.`,
  },
  {
    when: /^(?:CommandError|PluginError|ConfigError|JsonFileError): \S/,
    hint: 'Expo could not read the configuration of the app. `npx expo config` in a clean checkout says the same; a plugin has to be among the dependencies.',
  },
]);
