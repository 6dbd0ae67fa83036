/** What packages download when they are installed, besides packages: browsers and programs. */
import { byRules, type Found, following, group } from './rule.ts';

const skipping = (found: Found, variable: string, what: string): string => {
  // Where a program does not use the proxy as it should, only its own words name the host.
  const host = following(
    found,
    /(?:getaddrinfo (?:ENOTFOUND|EAI_AGAIN) |URL: https?:\/\/)([\w.-]{1,200})/,
    40,
  )?.[1];
  const where = host === undefined ? 'another one' : `another one (${host})`;
  return `Builds can only reach the allowed hosts, and ${what} comes from ${where}. If the build doesn’t need it, add the variable ${variable} to the app. Otherwise ask the owner of the runner to add the host.`;
};

const skip = (variable: string, what: string) => (found: Found) => skipping(found, variable, what);

/** Packages whose install script does nothing but download, and the variable of each that skips it. */
const SKIPPED: Readonly<Record<string, string>> = {
  // https://www.electronjs.org/docs/latest/tutorial/installation#skip-binary-download
  electron: 'ELECTRON_SKIP_BINARY_DOWNLOAD=1',
  // https://github.com/giggio/node-chromedriver#skipping-chromedriver-download
  chromedriver: 'CHROMEDRIVER_SKIP_DOWNLOAD=true',
};

export const explainDownloads = byRules([
  {
    // Puppeteer: ERROR: Failed to set up chrome v127.0.0! Set "PUPPETEER_SKIP_DOWNLOAD" env variable to skip download.
    when: /Failed to (?:set up|download) .{1,100}[Ss]et "(?<name>[A-Z_]{3,40})" env variable to skip/,
    hint: (found) => skipping(found, `${group(found, 'name')}=true`, 'the browser'),
  },
  {
    when: /The Cypress App could not be downloaded|Failed to download the Cypress binary/,
    hint: skip('CYPRESS_INSTALL_BINARY=0', 'the Cypress program'),
  },
  {
    when: /Failed to (?:download|install) (?:Chrom\w+|Firefox|Webkit|FFMPEG|browsers)\b/i,
    hint: skip('PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1', 'the browser'),
  },
  {
    // Their own words tell of a broken connection at most.
    when: /^npm (?:error|ERR!) path \S{1,300}\/node_modules\/(?<name>electron|chromedriver)$/,
    say: (found) =>
      following(found, /^npm (?:error|ERR!) (\S.{0,80}Error: \S.*)/, 12)?.[1] ?? found.match.input,
    hint: (found) =>
      skipping(found, SKIPPED[group(found, 'name')] ?? '', `the program of ${group(found, 'name')}`),
  },
  {
    when: /Unable to download sentry-cli binary/,
    hint: skip('SENTRYCLI_SKIP_DOWNLOAD=1', 'sentry-cli'),
  },
  {
    when: /sharp: (?:Installation error|Please see .*install)/,
    hint: 'Builds can only reach the allowed hosts, and this version of sharp downloads libvips from another one. Upgrade sharp to 0.33 or later, which gets it from the package registry. Otherwise ask the owner of the runner to add the host.',
  },
]);
