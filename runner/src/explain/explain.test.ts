/**
 * Every extractor, applied to logs of real failures (`runner/recorded/explain/`) and, for tools that could not be run
 * where these were recorded, to logs written after their documented output (`documented/` in it). Hosts and paths were
 * changed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { failureLine } from '../sandbox/failure-line.ts';
import { explain } from './index.ts';

const RECORDED = join(import.meta.dirname, '..', '..', 'recorded', 'explain');

/** The lines of a log; its last line says how the command ended. */
const linesOf = (log: string): string[] =>
  readFileSync(join(RECORDED, log), 'utf8').trimEnd().split('\n').slice(0, -1);

/** Each log, the line that explains its failure, and how the hint begins. */
const LOGS: readonly (readonly [log: string, line: string, hint: string])[] = [
  [
    'chromedriver-egress.txt',
    'ChromeDriver installation failed AxiosError: Request failed with status code 403',
    'Builds can only reach the allowed hosts, and the program of chromedriver comes from another one. If the build doesn’t need it, add the variable CHROMEDRIVER_SKIP_DOWNLOAD=true to the app. Otherwise ask the owner of the runner to add the host.',
  ],
  [
    'electron-egress.txt',
    'RequestError: Client network socket disconnected before secure TLS connection was established',
    'Builds can only reach the allowed hosts, and the program of electron comes from another one. If the build doesn’t need it, add the variable ELECTRON_SKIP_BINARY_DOWNLOAD=1 to the app. Otherwise ask the owner of the runner to add the host.',
  ],
  [
    'bun-localhost.txt',
    'The registry that bun.lock names refuses the connection',
    'bun.lock, .npmrc or bunfig.toml names a registry on',
  ],
  [
    'geckodriver-egress.txt',
    'HTTPError: Response code 403 (Refused by AppFlux)',
    'Builds can only reach the allowed hosts. A log line',
  ],
  [
    'node-gyp-egress.txt',
    'gyp ERR! stack Error: 403 response downloading https://nodejs.org/download/release/v24.21.0/node-v24.21.0-headers.tar.gz',
    'A package with native code is compiled, for which',
  ],
  [
    'npm-forbidden.txt',
    '403 Forbidden - GET https://packages.example.com/is-odd',
    'The registry denies access to this package. If it is',
  ],
  [
    'playwright-egress.txt',
    'Error: Failed to download Chrome for Testing 156.0.8078.4 (playwright chromium v1248), caused by',
    'Builds can only reach the allowed hosts, and the browser',
  ],
  [
    'pnpm-forbidden.txt',
    'ERR_PNPM_FETCH_403  GET https://packages.example.com/is-odd: Forbidden - 403',
    'The registry denies access to this package. If it is',
  ],
  [
    'pnpm-localhost.txt',
    'The registry http://localhost:4873 can’t be reached: it is on the computer that wrote the lockfile',
    'pnpm-lock.yaml or .npmrc names a registry on localhost:',
  ],
  [
    'puppeteer-19-egress.txt',
    'ERROR: Failed to set up Chromium r1108766! Set "PUPPETEER_SKIP_DOWNLOAD" env variable to skip download.',
    'Builds can only reach the allowed hosts, and the browser',
  ],
  [
    'puppeteer-egress.txt',
    'Error: ERROR: Failed to set up chrome v148.0.7778.97! Set "PUPPETEER_SKIP_DOWNLOAD" env variable to skip download.',
    'Builds can only reach the allowed hosts, and the browser',
  ],
  [
    'sentry-cli-egress.txt',
    'Error: Unable to download sentry-cli binary from https://downloads.sentry-cdn.com/sentry-cli/1.77.3/sentry-cli-Linux-x86_64.',
    'Builds can only reach the allowed hosts, and sentry-cli',
  ],
  [
    'sharp-egress.txt',
    'sharp: Please see https://sharp.pixelplumbing.com/install for required dependencies',
    'Builds can only reach the allowed hosts, and this version',
  ],
  [
    'yarn1-localhost.txt',
    'The registry that yarn.lock names refuses the connection',
    'yarn.lock, .npmrc or .yarnrc names a registry on',
  ],
  [
    'yarn4-http.txt',
    'Yarn refuses plain http, which yarn.lock or .yarnrc.yml asks of localhost',
    'Use the https URL of the registry. If it is a mirror or',
  ],
  [
    'documented/bun-403.txt',
    'error: GET https://npm.pkg.example.com/@acme%2fui - 403',
    'Builds can only reach the allowed hosts. A log line',
  ],
  [
    'documented/pinned-node.txt',
    'Node >=99.0.0 <100.0.0-0, which the project requests, could not be downloaded',
    'The package registry may not have such a version, or did',
  ],
  [
    'corepack-hash.txt',
    'packageManager in package.json names another hash (000000…) than the package has (76e237…)',
    'Run `corepack use NAME@VERSION`, which writes the right',
  ],
  [
    'cypress-download.txt',
    'The Cypress App could not be downloaded.',
    'Builds can only reach the allowed hosts, and the Cypress',
  ],
  [
    'esbuild-other-system.txt',
    'esbuild is not installed: the part for Linux is missing',
    'The lockfile or node_modules is from another system',
  ],
  [
    'git-describe.txt',
    'fatal: No names found, cannot describe anything',
    'No tag of the repository leads to this commit',
  ],
  [
    'jekyll-config.txt',
    '_config.yml: found unexpected end of stream while scanning a quoted scalar at line 1 column 8',
    '_config.yml is no valid YAML at the location shown.',
  ],
  [
    'jekyll-filter.txt',
    `Liquid syntax error (line 1): Variable '{{ "a" | date: 1 | plus: }' was not properly terminated with regexp: /\\}\\}/ in index.md`,
    'Liquid can’t render the page that the message names.',
  ],
  [
    'jekyll-gem.txt',
    'cannot load such file -- rmagick',
    'The image has no gem rmagick, and builds can’t install',
  ],
  [
    'jekyll-ghmeta.txt',
    "No repo name found. Specify using PAGES_REPO_NWO environment variables, 'repository' in your configuration, or set up an 'origin' git remote pointing to your github.com repository. in index.md",
    'jekyll-github-metadata asks GitHub for the repository,',
  ],
  [
    'jekyll-include.txt',
    `Could not locate the included file 'header.html' in any of ["_includes"]. Ensure it exists in one of those directories and, if it is a symlink, does not point outside your site source. in index.md`,
    'The file is not in the source. Check its name, in which',
  ],
  [
    'jekyll-markdown.txt',
    'Invalid Markdown processor given: redcarpet',
    'Jekyll 4 has no Markdown processor redcarpet. Set',
  ],
  [
    'jekyll-tag.txt',
    "Liquid syntax error (line 1): Unknown tag 'youtube' in index.md",
    'No plugin that is loaded defines the tag youtube. Name',
  ],
  [
    'lightningcss-other-system.txt',
    '../lightningcss.linux-x64-gnu.node is not installed: the part for Linux is missing',
    'The lockfile or node_modules is from another system',
  ],
  [
    'node-sibling.txt',
    'The package lib has no out/i.js, its "main"',
    'If lib is a package of this workspace, its own build',
  ],
  [
    'node-unsettled.txt',
    'Deploy where? Warning: Detected unsettled top-level await at b.mjs:1',
    'The program ended while it waited for something',
  ],
  [
    'npm-localhost.txt',
    'The registry http://localhost:4873 can’t be reached: it is on the computer that wrote the lockfile',
    'package-lock.json or .npmrc names a registry on',
  ],
  [
    'npm-only-allow.txt',
    'The project only allows pnpm (only-allow)',
    'Commit the lockfile of pnpm, or set "packageManager"',
  ],
  [
    'npm-prepare-no-git.txt',
    'fatal: not in a git directory',
    'The upload has no Git repository (.git). If a script',
  ],
  [
    'pnpm9-workspace.txt',
    'pnpm-workspace.yaml has no packages field, which pnpm before version 10 needs',
    'Add `packages: ["."]` to pnpm-workspace.yaml, or',
  ],
  [
    'puppeteer-download.txt',
    'Error: ERROR: Failed to set up chrome v131.0.6778.204! Set "PUPPETEER_SKIP_DOWNLOAD" env variable to skip download.',
    'Builds can only reach the allowed hosts, and the browser',
  ],
  [
    'rollup-other-system.txt',
    '@rollup/rollup-linux-x64-gnu is not installed: the part for Linux is missing',
    'The lockfile or node_modules is from another system',
  ],
  [
    'yarn4-lockfile-format.txt',
    'yarn.lock was written by a newer version of Yarn: its format is 10, this one’s is 8',
    'Set the version of Yarn that wrote yarn.lock in',
  ],
  [
    'yarn4-setting.txt',
    'Usage Error: Unrecognized or legacy configuration settings found: production - run "yarn config -v" to see the list of settings supported in Yarn (in <environment>)',
    'Yarn 2 and later have no such setting. Remove YARN_PRODUCTION',
  ],
  [
    'astro-6-unresolved.txt',
    "[UNRESOLVED_IMPORT] Could not resolve '../X.astro' in src/pages/index.astro",
    'The file is not in the source. Check its name, which is',
  ],
  [
    'astro-fetch.txt',
    'getaddrinfo ENOTFOUND api.example.com',
    'Builds have no DNS. Tools that fetch must use HTTPS_PROXY',
  ],
  [
    'astro-undefined.txt',
    "Rendering / failed: TypeError: Cannot read properties of undefined (reading 'title')",
    'The page is rendered during the build, with the data and',
  ],
  [
    'astro-unresolved.txt',
    "[UNRESOLVED_IMPORT] Could not resolve '../components/Card.astro' in src/pages/index.astro",
    'The file is not in the source. Check its name, which is',
  ],
  [
    'biome.txt',
    'a.js:1:1: This is an unexpected use of the debugger statement. (lint/suspicious/noDebugger)',
    'The build command checks the code with Biome. Fix the',
  ],
  [
    'bun-404.txt',
    'error: GET https://packages.example.org/left-padd-of-nobody - 404',
    'The package doesn’t exist, or it is private. Check its name',
  ],
  [
    'bun-build.txt',
    'error: Could not resolve: "./nothing.ts" (index.ts:1:15)',
    'The file is not in the source. Check its name, which is',
  ],
  [
    'bun-command-not-found.txt',
    '/usr/bin/bash: line 1: vit: command not found',
    'No installed package has a program vit. Add its package to',
  ],
  [
    'bun-egress.txt',
    'error: ProxyConnectFailed (403) downloading tarball ms@2.1.3',
    'Builds can only reach the allowed hosts. A log line',
  ],
  [
    'bun-frozen.txt',
    'bun.lock doesn’t match package.json: is-even was added',
    'Run `bun install` and commit bun.lock together with',
  ],
  [
    'bun-no-script.txt',
    'error: Script not found "build"',
    'package.json has no script "build". Add it, or set the',
  ],
  [
    'bun-no-version.txt',
    'error: No version matching "99.99.99" found for specifier "is-odd" (but package exists)',
    'That version was never published. Correct it in',
  ],
  [
    'capacitor-no-index.txt',
    '[error] The web assets directory (./dist) must contain an index.html file.',
    'Build the web app before it is copied, into the folder that',
  ],
  [
    'capacitor-no-typescript.txt',
    '[error] Could not find installation of TypeScript.',
    'Add typescript to the devDependencies and commit the',
  ],
  [
    'capacitor-no-web-part.txt',
    '[error] Could not find the web assets directory: ./dist.',
    'Build the web app before it is copied, into the folder that',
  ],
  [
    'cargo-build-script.txt',
    'The build script of shop v0.1.0 (/workspace) failed: no certificate in SIGNING_CERT',
    'The following log lines are the output of the build script.',
  ],
  [
    'cargo-compile.txt',
    'error[E0425]: cannot find value `total` in this scope (src/main.rs:1:47)',
    'Fix the code at the location shown; `rustc --explain` with the',
  ],
  [
    'cargo-linker.txt',
    'The linker can’t find the library webkit2gtk-4.1',
    'Use an image with the development package of that library.',
  ],
  [
    'cargo-locked.txt',
    'Cargo.lock is missing or doesn’t match Cargo.toml',
    'Run `cargo build` and commit Cargo.lock together with',
  ],
  [
    'cargo-manifest.txt',
    'error: unclosed table, expected `]` (Cargo.toml:1:9)',
    'Fix the code at the location shown.',
  ],
  [
    'cargo-missing-crate.txt',
    'error[E0432]: unresolved import `serde` (src/main.rs:1:5)',
    'Add the crate with `cargo add serde`, or correct the path,',
  ],
  [
    'cargo-no-crate.txt',
    'error: no matching package named `crate-of-nobody-xyzzy` found',
    'The crate crate-of-nobody-xyzzy doesn’t exist. Check its',
  ],
  [
    'cargo-no-version.txt',
    'error: failed to select a version for the requirement `itoa = "^99"`',
    'No version matches. Correct it in Cargo.toml, run `cargo',
  ],
  [
    'cargo-pkg-config.txt',
    'The system library `webkit2gtk-4.1` required by crate `shop` was not found.',
    'The image has no webkit2gtk-4.1. Use an image with its',
  ],
  [
    'cargo-rust-version.txt',
    'rust-version 9.99 is incompatible with the version (1.56.0) required by the specified edition (2021)',
    'Set a Rust version that the image has in',
  ],
  [
    'cargo-syntax.txt',
    'error: this file contains an unclosed delimiter (src/main.rs:1:13)',
    'The following log lines say more.',
  ],
  [
    'cargo-target.txt',
    'the `aarch64-unknown-none` target may not be installed',
    'The image has no standard library for that target. Build',
  ],
  [
    'cordova-no-platform.txt',
    'No platforms added to this project. Please use `cordova platform add <platform>`.',
    'Add Android to the project (`npx cordova platform add',
  ],
  [
    'cordova-package-name.txt',
    'Error validating package name. Must look like: `com.company.Name`. Currently is: `a.b`',
    'The id of <widget> in config.xml becomes the name of the',
  ],
  [
    'dpkg-deb.txt',
    "dpkg-deb: error: parsing file 'pkg/DEBIAN/control' near line 2 package 'shop': 'Version' field value 'one': version number does not start with digit",
    'Fix DEBIAN/control: package names must be lower case, and',
  ],
  [
    'eslint.txt',
    "src/x.js:1:7: 'a' is assigned a value but never used no-unused-vars",
    'The build command checks the code with ESLint. Fix the',
  ],
  [
    'eslint-10.txt',
    "a.js:1:7: 'a' is assigned a value but never used no-unused-vars",
    'The build command checks the code with ESLint. Fix the',
  ],
  [
    'expo-json.txt',
    'JsonFileError: Error parsing JSON: {"expo":{"name":"a","slug"',
    'Expo could not read the app configuration. To reproduce,',
  ],
  [
    'expo-plugin.txt',
    'PluginError: Failed to resolve plugin for module "expo-missing" relative to "/workspace". Do you have node modules installed?',
    'app.json lists the plugin expo-missing. Add it to the',
  ],
  [
    'flutter-linux-compile.txt',
    "lib/main.dart:3:16: Error: Method not found: 'runAp'.",
    'Fix the code at the location shown.',
  ],
  [
    'flutter-linux-import.txt',
    "lib/main.dart:1:8: Error: Error when reading 'lib/missing.dart': No such file or directory",
    'Fix the code at the location shown.',
  ],
  [
    'flutter-linux-no-pubspec.txt',
    'flutter: there is no pubspec.yaml here',
    'Set the root directory of the app to the folder with',
  ],
  [
    'flutter-linux-package.txt',
    'flutter: the package charts_of_nobody is not in Debian; use the image that is made with the official SDK (APPFLUX_FLUTTER_IMAGE=official)',
    'The runner’s Flutter image uses Debian’s packages, which',
  ],
  [
    'flutter-linux-target.txt',
    'flutter: "flutter build apk --release" cannot be done with Debian\'s packages; use the image that is made with the official SDK (APPFLUX_FLUTTER_IMAGE=official)',
    'The runner’s Flutter image uses Debian’s packages, which',
  ],
  [
    'git-egress.txt',
    "fatal: unable to access 'https://code.example.com/x.git/': CONNECT tunnel failed, response 403",
    'Builds can only reach the allowed hosts. A log line',
  ],
  ['gradle-heap.txt', 'Java heap space', 'Set org.gradle.jvmargs=-Xmx3g in gradle.properties (below'],
  [
    'gradle-javac.txt',
    'src/main/java/Main.java:1: error: cannot find symbol',
    'Fix the code at the location shown; the following log lines',
  ],
  [
    'gradle-no-task.txt',
    "Task 'assembleRelese' not found in root project 'shop'.",
    'The task assembleRelese doesn’t exist. Check the module and the',
  ],
  [
    'gradle-offline.txt',
    'No cached version of com.example:charts:1.2.3 available for offline mode.',
    'This image builds offline, with the packages it contains.',
  ],
  [
    'gradle-plugin.txt',
    "Plugin [id: 'com.example.nothing', version: '1.0'] was not found in any of the following sources: Gradle Core Plugins (plugin is not in 'org.gradle' namespace)",
    'Check the id and version of the plugin, and that',
  ],
  [
    'gradle-syntax.txt',
    "build file 'build.gradle': 1: expecting ''', found '\\n' @ line 1, column 19.",
    'Fix the Gradle file at the line shown.',
  ],
  [
    'gradle-task.txt',
    'KEYSTORE_PASSWORD is not set',
    'Add the variable KEYSTORE_PASSWORD to the app (Settings,',
  ],
  [
    'gradlew-crlf-executed.txt',
    'bash: ./gradlew: /bin/sh^M: bad interpreter: No such file or directory',
    'gradlew has Windows line endings. Save it with LF, and add',
  ],
  [
    'gradlew-crlf.txt',
    './gradlew: 82: Syntax error: newline unexpected (expecting ")")',
    'gradlew has Windows line endings. Save it with LF, and add',
  ],
  [
    'gradlew-egress.txt',
    'Downloading https://downloads.example.org/distributions/gradle-9.4.1-bin.zip: java.io.IOException: Unable to tunnel through proxy. Proxy returns "HTTP/1.1 403 Forbidden"',
    'Gradle could not be downloaded. The official Android image',
  ],
  [
    'gradlew-jar-pointer.txt',
    'Error: Invalid or corrupt jarfile gradle/wrapper/gradle-wrapper.jar',
    'gradle/wrapper/gradle-wrapper.jar is damaged: it may be a',
  ],
  [
    'gradlew-no-jar.txt',
    'Error: Unable to access jarfile gradle/wrapper/gradle-wrapper.jar',
    'Commit gradle/wrapper/gradle-wrapper.jar',
  ],
  [
    'gradlew-no-network.txt',
    'Downloading https://downloads.example.org/distributions/gradle-9.4.1-bin.zip: java.net.UnknownHostException: downloads.example.org',
    'Gradle could not be downloaded from downloads.example.org.',
  ],
  [
    'gradlew-no-properties.txt',
    'Exception in thread "main" java.lang.RuntimeException: Wrapper properties file \'gradle/wrapper/gradle-wrapper.properties\' does not exist.',
    'Commit gradle/wrapper/gradle-wrapper.properties',
  ],
  ['gradlew-not-executable.txt', 'bash: line 1: ./gradlew: Permission denied', 'gradlew is not executable'],
  [
    'gradlew-other-hash.txt',
    'Exception in thread "main" java.lang.RuntimeException: Verification of Gradle distribution failed!',
    'The download doesn’t match distributionSha256Sum in',
  ],
  [
    'next-cookies.txt',
    'Prerendering / failed: Error: Route / with `dynamic = "error"` couldn\'t be rendered statically because it used `cookies()`. See more info here: https://nextjs.org/docs/app/building-your-application/rendering/static-and-dynamic#dynamic-rendering',
    'With output: "export" every page is rendered during the',
  ],
  [
    'next-font.txt',
    'Failed to fetch Inter from Google Fonts.',
    'next/font/google downloads fonts during the build, and',
  ],
  [
    'next-force-dynamic.txt',
    'Error: export const dynamic = "force-dynamic" on page "/api/x" cannot be used with "output: export". See more info here: https://nextjs.org/docs/advanced-features/static-html-export',
    'A static export has no server. Remove the reported feature',
  ],
  [
    'next-module-not-found.txt',
    "./app/page.jsx:1:1: Module not found: Can't resolve '../lib/missing'",
    'The file is not in the source. Check its name, which is',
  ],
  [
    'next-no-pages.txt',
    "Error: > Couldn't find any `pages` or `app` directory. Please create one under the project root",
    'Set the root directory of the app to the folder with `app`',
  ],
  [
    'next-prerender.txt',
    'Error: DATABASE_URL is not defined',
    'Add the variable DATABASE_URL to the app (Settings,',
  ],
  [
    'next-static-params.txt',
    'Error: Page "/[slug]" is missing "generateStaticParams()" so it cannot be used with "output: export" config.',
    'With output: "export" every page is rendered during the',
  ],
  [
    'next-syntax.txt',
    "./app/page.tsx:1:41: Unexpected token. Did you mean `{'}'}` or `&rbrace;`?",
    'The code can’t be parsed at the location shown. Fix it.',
  ],
  [
    'next-turbopack-module.txt',
    "./app/page.jsx:1:1: Module not found: Can't resolve './missing'",
    'The file is not in the source. Check its name, which is',
  ],
  [
    'next-type.txt',
    "./app/page.tsx:1:37: Type error: Type 'string' is not assignable to type 'number'.",
    'Next.js checks types during the build. Fix the code at the',
  ],
  [
    'next-use-client.txt',
    './app/page.tsx:1:10: You\'re importing a component that needs `useState`. This React Hook only works in a Client Component. To fix, mark the file (or its parent) with the `"use client"` directive.',
    'Put "use client" at the top of that file, or move the part',
  ],
  [
    'next-webpack-module.txt',
    "./app/page.jsx: Module not found: Can't resolve '../lib/missing'",
    'The file is not in the source. Check its name, which is',
  ],
  [
    'next-webpack-syntax.txt',
    "app/page.jsx:1:1: Unexpected token. Did you mean `{'}'}` or `&rbrace;`?",
    'The code can’t be parsed at the location shown. Fix it.',
  ],
  [
    'next-webpack-use-client.txt',
    './app/page.jsx: You\'re importing a component that needs `useState`. This React Hook only works in a Client Component. To fix, mark the file (or its parent) with the `"use client"` directive.',
    'Put "use client" at the top of that file, or move the part',
  ],
  [
    'next-window.txt',
    'Prerendering / failed: ReferenceError: window is not defined',
    'The page uses browser APIs while it is rendered on the',
  ],
  [
    'node-eacces.txt',
    "Error: EACCES: permission denied, open '/etc/shop.conf'",
    'Builds can only write to the project folder, their home',
  ],
  [
    'node-fetch-egress.txt',
    'cause: RequestAbortedError [AbortError]: Proxy response (403) !== 200 when HTTP Tunneling',
    'Builds can only reach the allowed hosts. A log line',
  ],
  [
    'node-heap.txt',
    'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory',
    'Set the variable NODE_OPTIONS=--max-old-space-size=3072 (in',
  ],
  [
    'node-missing-variable.txt',
    'Error: DATABASE_URL is not set',
    'Add the variable DATABASE_URL to the app (Settings,',
  ],
  [
    'node-module-not-found.txt',
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'not-installed' imported from build.mjs",
    'Add not-installed to the dependencies of package.json and',
  ],
  [
    'node-require-in-esm.txt',
    'build.js:1: ReferenceError: require is not defined in ES module scope, you can use import instead',
    'The file is loaded as the wrong module type. Rename it to',
  ],
  [
    'node-syntax.txt',
    "build.cjs:1: SyntaxError: Unexpected identifier 'b'",
    'The file can’t be parsed at the location shown. Fix it, or',
  ],
  [
    'npm-command-not-found.txt',
    'sh: 1: vit: not found',
    'No installed package has a program vit. Add its package to',
  ],
  [
    'npm-e404.txt',
    '404 Not Found - GET https://packages.example.org/left-padd-of-nobody',
    'The package doesn’t exist, or it is private. Check its name',
  ],
  [
    'npm-ebadengine.txt',
    'shop@1.0.0 needs {"node":">=99"}; installed: {"node":"v24.21.0","npm":"11.21.2"}',
    'Set the Node.js version in .nvmrc or in "engines" of',
  ],
  [
    'npm-egress.txt',
    '403 Refused by AppFlux - GET https://npm.mirror.example.com/ms/-/ms-2.1.3.tgz',
    'Builds can only reach the allowed hosts. A log line',
  ],
  [
    'npm-eintegrity.txt',
    'A package doesn’t match its hash in package-lock.json (EINTEGRITY)',
    'Remove node_modules and package-lock.json, run `npm',
  ],
  [
    'npm-ejsonparse.txt',
    'Invalid package.json: JSONParseError: Expected double-quoted property name in JSON at position 33 (line 1 column 34) while parsing near "...\\",\\"version\\":\\"1.0.0\\",}"',
    'package.json is not valid JSON. Fix it at the location',
  ],
  [
    'npm-engine-of-project.txt',
    'The project needs {"node":">=30"}; installed: {"node":"v24.21.0","npm":"11.21.2"}',
    'Set the Node.js version in .nvmrc or in "engines" of',
  ],
  [
    'npm-eresolve.txt',
    'Peer dependency conflict: peer react@"^16.9.0 || ^17.0.0" from @testing-library/react-hooks@8.0.1, but react@18.2.0 is installed',
    'Choose compatible versions. To install anyway, add the',
  ],
  [
    'npm-etarget.txt',
    'No matching version found for is-odd@99.99.99.',
    'That version was never published. Correct it in',
  ],
  [
    'npm-git-ssh.txt',
    'git+ssh://git@github.com/a/b.git cannot be fetched',
    'Builds can’t fetch dependencies over SSH. Use https URLs. A',
  ],
  [
    'npm-lockfile-out-of-date.txt',
    'Missing: is-even@1.0.0 from lock file',
    'package-lock.json doesn’t match package.json. Run `npm',
  ],
  [
    'npm-missing-script.txt',
    'Missing script: "build"',
    'package.json has no script "build". Add it, or set the',
  ],
  [
    'npm-no-lockfile.txt',
    'npm ci: package-lock.json is missing',
    'Run `npm install` and commit package-lock.json together',
  ],
  [
    'npm-permission-denied.txt',
    'sh: 1: ./build.sh: Permission denied',
    './build.sh is not executable. Run `git update-index',
  ],
  [
    'npm-workspace-protocol.txt',
    'Unsupported URL Type "workspace:": workspace:*',
    'npm does not support this kind of dependency, which is',
  ],
  [
    'nsis-file.txt',
    'setup.nsi:3: File: "dist\\\\app.exe" -> no files found.',
    'NSIS can’t process the script at that line. Files that it',
  ],
  [
    'pnpm-command-not-found.txt',
    'sh: 1: vit: not found',
    'No installed package has a program vit. Add its package to',
  ],
  [
    'pnpm-egress.txt',
    'ERR_PNPM_FETCH_403  GET https://npm.mirror.example.com/ms/-/ms-2.1.3.tgz: Refused by AppFlux - 403',
    'Builds can only reach the allowed hosts. A log line',
  ],
  [
    'pnpm-fetch-404.txt',
    'ERR_PNPM_FETCH_404  GET https://packages.example.org/left-padd-of-nobody: Not Found - 404',
    'The package doesn’t exist, or it is private. Check its name',
  ],
  [
    'pnpm-no-lockfile.txt',
    'ERR_PNPM_NO_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is absent',
    'Run `pnpm install` and commit pnpm-lock.yaml together with',
  ],
  [
    'pnpm-no-matching-version.txt',
    'ERR_PNPM_NO_MATCHING_VERSION  No matching version found for is-odd@99.99.99 while fetching it from https://packages.example.org/',
    'That version was never published. Correct it in',
  ],
  [
    'pnpm-no-script.txt',
    'ERR_PNPM_NO_SCRIPT  Missing script: build',
    'package.json has no script "build". Add it, or set the',
  ],
  [
    'pnpm-outdated-lockfile.txt',
    'pnpm-lock.yaml is not up to date with package.json: 1 dependencies were added: is-even@1.0.0',
    'Run `pnpm install` and commit pnpm-lock.yaml together with',
  ],
  [
    'pnpm-package-manager.txt',
    'ERROR  This project is configured to use yarn',
    'Use a single package manager: set its name and version in',
  ],
  [
    'pnpm-peer-dep-issues.txt',
    'Peer dependency conflict: unmet peer react@"^16.9.0 || ^17.0.0": found 18.2.0',
    'Choose compatible versions, or set strictPeerDependencies:',
  ],
  [
    'pnpm-recursive.txt',
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'chart.js' imported from packages/a/build.mjs",
    'Add chart.js to the dependencies of package.json and commit',
  ],
  [
    'pnpm-unsupported-engine.txt',
    'The project needs >=99; installed: v24.21.0',
    'Set the Node.js version in .nvmrc, or the version of pnpm',
  ],
  [
    'pnpm-workspace-package.txt',
    'The workspace has no package @x/y',
    'Check `packages` in pnpm-workspace.yaml, and that the',
  ],
  [
    'prisma-engine.txt',
    'Error: request to https://binaries.prisma.sh/all_commits/c2990dca591cba766e3b7ef5d9e8a84796e47ab7/debian-openssl-3.0.x/schema-engine.gz.sha256 failed, reason: getaddrinfo ENOTFOUND binaries.prisma.sh',
    'Builds have no DNS. Tools that fetch must use HTTPS_PROXY',
  ],
  [
    'rollup-no-export.txt',
    'src/main.js (1:9): "b" is not exported by "src/a.js", imported by "src/main.js".',
    'Check the imported name and the package version. The export',
  ],
  [
    'shell-crlf.txt',
    './build.sh: 1: set: Illegal option -',
    'The script has Windows line endings. Save it with LF, and',
  ],
  [
    'shell-crlf-shebang.txt',
    'sh: 1: ./build.sh: not found',
    './build.sh doesn’t exist, or its first line names a missing',
  ],
  [
    'expo-debian-android.txt',
    '/usr/bin/bash: line 1: npm: command not found',
    'npm is not in this builder image. Expo and React Native need the Android image with Google',
  ],
  [
    'shell-no-curl.txt',
    'bash: line 1: curl: command not found',
    'curl is not in this builder image, and builds can’t install',
  ],
  [
    'svelte-404.txt',
    'Prerendering: /gone responds with 404, and / links to it',
    'Correct the link or create the page. To ignore it, set',
  ],
  [
    'svelte-dynamic.txt',
    '@sveltejs/adapter-static: all routes must be fully prerenderable, but found the following routes that are dynamic: src/routes/',
    'Put `export const prerender = true` into',
  ],
  [
    'svelte-env.txt',
    'src/routes/+page.svelte (1:17): "API_KEY" is not exported by "virtual:env/static/private", imported by "src/routes/+page.svelte".',
    'Add the variable API_KEY to the app (Settings, Variables)',
  ],
  [
    'svelte-syntax.txt',
    'src/routes/+page.svelte:1:16: Unexpected token',
    'The component can’t be compiled. Fix it at the location',
  ],
  [
    'tauri-before-build.txt',
    'beforeBuildCommand `npm run build:web` failed with exit code 3',
    'The command that builds the front end failed; the log lines',
  ],
  [
    'tauri-configuration.txt',
    '`"tauri.conf.json"` error: Additional properties are not allowed (\'bundel\' was unexpected)',
    'Fix the Tauri configuration at the reported location. `npx',
  ],
  [
    'tauri-identifier.txt',
    'You must change the bundle identifier in `tauri.conf.json identifier`. The default value `com.tauri.dev` is not allowed as it must be unique across applications.',
    'Set a unique identifier in the Tauri configuration, such as',
  ],
  [
    'tauri-no-front-end.txt',
    'Unable to find your web assets, did you forget to build your web app? Your frontendDist is set to "../dist" (which is `dist`).',
    'The front end was not built into the folder in frontendDist',
  ],
  [
    'tauri-no-project.txt',
    'error: no such command: `tauri`',
    'Add @tauri-apps/cli to the devDependencies and build with',
  ],
  [
    'tsc-config.txt',
    "tsconfig.json(1,1): error TS1005: '{' expected.",
    'TypeScript can’t parse the file. Fix it at the line and',
  ],
  [
    'tsc-errors.txt',
    "src/index.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.",
    'Run the same command in a clean checkout. The log shows the',
  ],
  [
    'tsc-removed-option.txt',
    "tsconfig.json(1,40): error TS5108: Option 'moduleResolution=node10' has been removed. Please remove it from your configuration.",
    'TypeScript can’t parse the file. Fix it at the line and',
  ],
  [
    'turbo-module.txt',
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'chart.js' imported from apps/web/build.mjs",
    'Add chart.js to the dependencies of package.json and commit',
  ],
  [
    'vite-case.txt',
    "[UNRESOLVED_IMPORT] Could not resolve './Button.js' in main.js",
    'The file is not in the source. Check its name, which is',
  ],
  [
    'vite-config-package.txt',
    'The configuration imports "@tailwindcss/vite", which is not installed',
    'Add @tailwindcss/vite to the dependencies of package.json',
  ],
  [
    'vite-missing-variable.txt',
    'Error: Missing required environment variable: API_URL',
    'Add the variable API_URL to the app (Settings, Variables)',
  ],
  [
    'vite-no-entry.txt',
    '[UNRESOLVED_ENTRY] Error: Cannot resolve entry module index.html.',
    'The entry page doesn’t exist. Set the root directory to the',
  ],
  [
    'vite-no-export.txt',
    '[MISSING_EXPORT] Error: "b" is not exported by "src/a.js".',
    'Check the imported name and the package version. The export',
  ],
  [
    'vite-package-missing.txt',
    'Cannot resolve "chart.js" from src/main.jsx',
    'Add chart.js to the dependencies of package.json and commit',
  ],
  [
    'vite-parse.txt',
    '[builtin:vite-transform] Error: Unexpected token (src/main.jsx:1:23)',
    'The code can’t be parsed at the location shown. Fix it; the',
  ],
  [
    'vite-parse-error.txt',
    '[PARSE_ERROR] Unexpected token (main.js:1:11)',
    'The code can’t be parsed at the location shown. Fix it; the',
  ],
  [
    'vite-sass.txt',
    'Error: Preprocessor dependency "sass-embedded" not found. Did you install it? Try `npm install -D sass-embedded`.',
    'Add sass-embedded to the devDependencies of package.json',
  ],
  [
    'vite-tailwind-plugin.txt',
    "Error: [postcss] It looks like you're trying to use `tailwindcss` directly as a PostCSS plugin. The PostCSS plugin has moved to a separate package, so to continue using Tailwind CSS with PostCSS you'll need to install `@tailwindcss/postcss` and update your PostCSS configuration.",
    'Since Tailwind CSS 4, its plugins are separate packages.',
  ],
  [
    'vite-unresolved.txt',
    "[UNRESOLVED_IMPORT] Error: Could not resolve './missing.js' in src/main.jsx",
    'The file is not in the source. Check its name, which is',
  ],
  [
    'vitest.txt',
    'a.test.js > adds up failed: AssertionError: expected 2 to be 3 // Object.is equality',
    'The build command runs tests, and one failed. Fix it, or',
  ],
  [
    'vue-tsc.txt',
    "src/App.vue(2,7): error TS2322: Type 'string' is not assignable to type 'number'.",
    'Run the same command in a clean checkout. The log shows the',
  ],
  [
    'webpack-missing.txt',
    "./src/index.js 1:0: Module not found: Can't resolve './missing' in 'src'",
    'The file is not in the source. Check its name, which is',
  ],
  [
    'webpack-syntax.txt',
    './src/index.js 1:10: Module parse failed: Unexpected token (1:10)',
    'The file can’t be parsed at the location shown: its syntax',
  ],
  [
    'yarn1-404.txt',
    'Couldn\'t find package "left-padd-of-nobody" on the "npm" registry.',
    'The package doesn’t exist, or it is private. Check its name',
  ],
  [
    'yarn1-command-not-found.txt',
    '/bin/sh: 1: vit: not found',
    'No installed package has a program vit. Add its package to',
  ],
  [
    'yarn1-egress.txt',
    'https://npm.mirror.example.com/ms/-/ms-2.1.3.tgz: tunneling socket could not be established, statusCode=403',
    'Builds can only reach the allowed hosts. A log line',
  ],
  [
    'yarn1-engine.txt',
    'shop@1.0.0: The engine "node" is incompatible with this module. Expected version ">=99". Got "24.21.0"',
    'Set the Node.js version in .nvmrc or in "engines" of',
  ],
  [
    'yarn1-frozen.txt',
    'Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.',
    'Run `yarn install` and commit yarn.lock together with',
  ],
  [
    'yarn1-no-script.txt',
    'Command "build" not found.',
    'No package.json script or package program is called',
  ],
  [
    'yarn1-no-version.txt',
    'Couldn\'t find any versions for "is-odd" that matches "99.99.99"',
    'That version was never published. Correct it in',
  ],
  [
    'yarn1-package-manager.txt',
    'This project\'s package.json defines "packageManager": "yarn@4.9.1". However the current global version of Yarn is 1.22.22.',
    'Use a single package manager: set its name and version in',
  ],
  [
    'yarn4-404.txt',
    'left-padd-of-nobody@npm:1.0.0: Package not found',
    'The package doesn’t exist, or it is private. Check its name',
  ],
  [
    'yarn4-command-not-found.txt',
    'command not found: vit',
    'No installed package has a program vit. Add its package to',
  ],
  [
    'yarn4-egress.txt',
    'RequestError: tunneling socket could not be established, statusCode=403',
    'Builds can only reach the allowed hosts. A log line',
  ],
  [
    'yarn4-immutable.txt',
    'yarn.lock doesn’t match package.json: missing is-even@npm:1.0.0, is-buffer@npm:1.1.6, is-number@npm:3.0.0, is-odd@npm:0.1.2, kind-of@npm:3.2.2',
    'Run `yarn install` and commit yarn.lock together with',
  ],
  [
    'yarn4-no-candidates.txt',
    'is-odd@npm:99.99.99: No candidates found',
    'That version was never published. Correct it in',
  ],
  [
    'yarn4-no-script.txt',
    'Usage Error: Couldn\'t find a script named "build".',
    'package.json has no script "build". Add it, or set the',
  ],
  [
    'documented/android-java-version.txt',
    'Android Gradle plugin requires Java 17 to run. You are currently using Java 11.',
    'Use an Android Gradle plugin that supports the JDK of the',
  ],
  [
    'documented/android-keystore.txt',
    'com.android.ide.common.signing.KeytoolException: Failed to read key upload from store "/run/appflux/files/KEYSTORE": Keystore was tampered with, or password was incorrect',
    'Check the app’s file KEYSTORE and its variables',
  ],
  [
    'documented/android-no-platform.txt',
    "Failed to find target with hash string 'android-35' in: /opt/android-sdk",
    'The image has no Android SDK android-35. Set compileSdk or',
  ],
  [
    'documented/android-sdk-licence.txt',
    'Warning: License for package Android SDK Platform 36 not accepted.',
    'The build needs an SDK package that the image doesn’t have,',
  ],
  [
    'documented/electron-builder-configuration.txt',
    "configuration has an unknown property 'linx'. These properties are valid",
    'Fix "build" in package.json (or electron-builder.yml) at',
  ],
  [
    'documented/electron-builder-download.txt',
    'part download request failed with status code 403',
    'Electron is downloaded during packaging. Builds can only',
  ],
  [
    'documented/electron-builder-entry.txt',
    'Application entry file "build/main.js" in the "dist/linux-unpacked/resources/app.asar" does not exist. Seems like a wrong configuration.',
    '"main" of package.json names build/main.js, which was not',
  ],
  [
    'documented/flutter-asset.txt',
    'No file or variants found for asset: assets/logo.png.',
    'An asset in pubspec.yaml is not in the source. Commit it,',
  ],
  [
    'documented/flutter-compile.txt',
    "lib/cart.dart:14:21: Error: The getter 'totalPrice' isn't defined for the class 'Cart'.",
    'Fix the code at the location shown.',
  ],
  [
    'documented/flutter-package-missing.txt',
    "Because shop depends on charts_of_nobody any which doesn't exist (could not find package charts_of_nobody at https://packages.example.org), version solving failed.",
    'The package charts_of_nobody doesn’t exist. Check its name',
  ],
  [
    'documented/flutter-platform.txt',
    'This application is not configured to build on the web.',
    'Create the platform folder with `flutter create',
  ],
  [
    'documented/flutter-pubspec.txt',
    'Error on line 12, column 3 of pubspec.yaml: Expected a key while parsing a block mapping.',
    'Fix pubspec.yaml at the location shown. Indentation matters.',
  ],
  [
    'documented/flutter-sdk-version.txt',
    'The project needs the Dart SDK >=3.8.0 <4.0.0; installed: 3.4.3',
    'Use packages that support the Flutter version of the',
  ],
  [
    'documented/flutter-version-solving.txt',
    'So, because shop depends on flutter_localizations from sdk, version solving failed.',
    'No compatible versions exist. Relax a constraint in',
  ],
  [
    'documented/gradle-class-version.txt',
    'General error during conversion: Unsupported class file major version 65',
    'The Gradle version of the wrapper doesn’t support this JDK.',
  ],
  [
    'documented/gradle-daemon-disappeared.txt',
    'Gradle build daemon disappeared unexpectedly (it may have been killed or may have crashed)',
    'Reduce the parallelism of the build, or ask the owner of',
  ],
  [
    'documented/gradle-dependency.txt',
    'Could not find com.example:charts:1.2.3.',
    'Check the name and version of the dependency, and that',
  ],
  [
    'documented/gradle-egress.txt',
    'Could not GET \'https://packages.example.com/com/example/charts/1.2.3/charts-1.2.3.pom\'. Unable to tunnel through proxy. Proxy returns "HTTP/1.1 403 Forbidden"',
    'Builds can only reach the allowed hosts. A log line',
  ],
  [
    'documented/kotlin-compile-old.txt',
    'app/src/main/java/com/example/Cart.kt:7: Type mismatch: inferred type is String but Int was expected',
    'Fix the code at the location shown.',
  ],
  [
    'documented/kotlin-compile.txt',
    "app/src/main/java/com/example/MainActivity.kt:12: Unresolved reference 'setContnet'.",
    'The name is unknown there. Check its import, its dependency',
  ],
  [
    'documented/kotlin-jvm-target.txt',
    "Inconsistent JVM-target compatibility detected for tasks 'compileReleaseJavaWithJavac' (1.8) and 'compileReleaseKotlin' (17).",
    'Java and Kotlin are compiled for different versions. Set',
  ],
  [
    'documented/npm-git-ssh.txt',
    'ssh: connect to host code.example.com port 22: Network is unreachable',
    'Builds can’t fetch dependencies over SSH. Use https URLs.',
  ],
  [
    'documented/prisma-variable.txt',
    'error: Environment variable not found: DATABASE_URL.',
    'Add the variable DATABASE_URL to the app (Settings,',
  ],
  [
    'documented/tauri-before-build.txt',
    'Missing script: "build:web"',
    'package.json has no script "build:web". Add it, or set the',
  ],
  [
    'documented/tauri-frontend.txt',
    'The `frontendDist` configuration is set to `"../dist"` but this path doesn\'t exist',
    'Tauri packs the built front end. Set',
  ],
];

describe('the failure in', () => {
  it.each(LOGS)('%s is explained by its first real line, with a hint', (log, line, hint) => {
    const { explanation } = explain(linesOf(log));
    expect(explanation?.line).toBe(line);
    expect(explanation?.hint.startsWith(hint), explanation?.hint).toBe(true);
  });
});

test('every log is in the table', () => {
  const logs = ['', 'documented'].flatMap((folder) =>
    readdirSync(join(RECORDED, folder))
      .filter((name) => name.endsWith('.txt'))
      .map((name) => posix.join(folder, name)),
  );
  expect(LOGS.map(([log]) => log).sort()).toEqual(logs.sort());
});

test('the heap of a runtime is distinguished from the memory of the container', () => {
  for (const [log] of LOGS) {
    const runtime = /^node-heap/.test(log) ? 'Node' : /heap/.test(log) ? 'Java' : null;
    expect(explain(linesOf(log)).outOfMemory, log).toBe(runtime);
  }
});

test('what no tool said is explained by none', () => {
  expect(explain(['just text', 'more text', ''])).toEqual({ explanation: null, outOfMemory: null });
  expect(explain([]).explanation).toBeNull();
});

test('a warning that passes by is not the failure', () => {
  const { explanation } = explain([
    'npm warn deprecated inflight@1.0.6: This module is not supported',
    'npm warn ERESOLVE overriding peer dependency',
    '> vite build',
    'src/a.ts(3,1): error TS2322: Type mismatch.',
  ]);
  expect(explanation?.line).toBe('src/a.ts(3,1): error TS2322: Type mismatch.');
});

describe('a headline that announces its cause', () => {
  test.each<[string, string[], string]>([
    [
      'is followed by it',
      ['Error: Could not load:', '', '  - page.html'],
      'Error: Could not load: page.html',
    ],
    [
      'leaves frames and excerpts out',
      ['Error: x:', '    at f (a.js:1:1)', '  1 | a', 'lib is missing'],
      'Error: x: lib is missing',
    ],
    ['ends without a colon where nothing follows', ['Error: Could not load:'], 'Error: Could not load'],
  ])('%s', (_, lines, headline) => {
    expect(explain(lines).explanation?.line ?? failureLine(lines)).toBe(headline);
  });
});

describe('a hostile log', () => {
  /** Words that the patterns look for: the worst text for them is made of these. */
  const WORDS = [
    'error TS2307: module ',
    "Cannot find module '",
    'npm error ',
    'code ERESOLVE ',
    'Could not resolve ',
    '" is not exported by "',
    '[ERROR] ',
    'e: file:///a.kt:',
    ' (1, 2): ',
    'error: ',
    'because Because ',
    ' version solving failed',
    "which doesn't exist (could not find package ",
    'Error: ',
    'MISSING_',
    'A_A_A_A_',
    ' is not set ',
    'environment variable ',
    'sh: 1: ',
    ': not found',
    'daemon will expire ',
    'YN0035: │ ',
    "Plugin [id: '",
    '> Could not find a:b:',
    'licence for package ',
    '[vite-plugin-svelte:',
    'web:build: ',
    ' FAIL  ',
    '  1:1  error  ',
    '/workspace/',
    '╭─[ a:1:1 ]',
    '   ',
    '\u001b[31m',
    '\r',
    '\t',
  ];

  test('of long lines, made of what the patterns look for, is read in a moment', () => {
    // One worst line after the other: a pattern that backtracks would take minutes on the first that fits it.
    for (const word of WORDS) {
      const line = word.repeat(Math.ceil(16_384 / word.length));
      const lines = Array.from({ length: 1200 }, (_, index) => `${WORDS[index % WORDS.length]}${line}`);
      const startedAt = process.cpuUsage();
      explain(lines);
      const { user } = process.cpuUsage(startedAt);
      expect(user / 1e6, word).toBeLessThan(3);
    }
  }, 120_000);

  test('never makes it throw, nor a failure longer than a record takes', () => {
    const text = fc
      .array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: 'binary', maxLength: 12 })), {
        maxLength: 12,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), (lines) => {
        const { explanation } = explain(lines);
        expect(explanation?.line.length ?? 0).toBeLessThanOrEqual(300);
        expect(explanation?.line ?? '').not.toMatch(/:$/);
        expect(explanation?.hint.length ?? 0).toBeLessThanOrEqual(2000);
      }),
      { numRuns: 2000 },
    );
  });
});
