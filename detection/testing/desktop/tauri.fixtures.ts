/** Tauri apps, as `npm create tauri-app` and larger projects lay them out. */
import { type Fixtures, json, npmLock } from '../fixture.ts';

const tauri2 = (more: Record<string, unknown> = {}) =>
  json({
    $schema: 'https://schema.tauri.app/config/2',
    productName: 'app',
    version: '0.4.0',
    identifier: 'com.example.app',
    build: { frontendDist: '../dist', beforeBuildCommand: 'npm run build' },
    bundle: { active: true, targets: 'all' },
    ...more,
  });
const cargo = (tauri: string, version = '0.1.0') =>
  `[package]\nname = "app"\nversion = "${version}"\nedition = "2021"\n[dependencies]\ntauri = { version = "${tauri}", features = [] }\n`;
const tauriPackage = (more: Record<string, unknown> = {}) =>
  json({
    name: 'app',
    version: '0.1.0',
    scripts: { dev: 'vite', build: 'tsc && vite build', tauri: 'tauri' },
    devDependencies: { '@tauri-apps/cli': '^2', vite: '^7.0.0' },
    ...more,
  });

export const tauriFixtures: Fixtures = {
  'create-tauri-app': {
    files: {
      ...npmLock,
      'package.json': tauriPackage(),
      'index.html': '',
      'src-tauri/tauri.conf.json': tauri2(),
      'src-tauri/Cargo.toml': cargo('2'),
    },
    plan: {
      type: 'desktop',
      framework: 'tauri',
      image: 'appflux/desktop-builder',
      installCommand: 'npm ci',
      buildCommand: 'npm run tauri -- build --bundles deb,rpm',
      outputs: ['src-tauri/target/release/bundle/*/*.{deb,rpm,AppImage}'],
    },
    because: [
      'Framework: Tauri 2, because of src-tauri/tauri.conf.json.',
      'AppImage skipped: its tools are downloaded from GitHub, which builds can’t reach.',
      'It could also be built as web with vite: set the type of the app to "web".',
    ],
    version: '0.4.0',
  },
  'with pnpm, and no script': {
    files: {
      'pnpm-lock.yaml': '',
      'package.json': tauriPackage({ scripts: {} }),
      'src-tauri/tauri.conf.json': tauri2({ bundle: { targets: ['deb', 'nsis', 'dmg'] } }),
    },
    plan: { buildCommand: 'pnpm exec tauri build --bundles deb' },
  },
  'without JavaScript: Leptos, Yew or Sycamore with Trunk': {
    files: {
      'Cargo.toml': '[workspace]\nmembers = ["src-tauri"]\n[package]\nname = "ui"\n',
      'Trunk.toml': '',
      'index.html': '',
      'src-tauri/tauri.conf.json': tauri2({
        build: { beforeBuildCommand: 'trunk build --release', frontendDist: '../dist' },
      }),
      'src-tauri/Cargo.toml': cargo('2.1', '0.9.1'),
    },
    message:
      'beforeBuildCommand in src-tauri/tauri.conf.json runs trunk, which the desktop builder does not have',
    hint: 'Set an image that has it',
  },
  'the same, with an image that has Trunk': {
    settings: { image: 'registry.example/tauri-trunk:2' },
    files: {
      'Cargo.toml': '[workspace]\nmembers = ["src-tauri"]\n[package]\nname = "ui"\n',
      'Trunk.toml': '',
      'index.html': '',
      'src-tauri/tauri.conf.json': tauri2({
        version: undefined,
        build: { beforeBuildCommand: { script: 'cd .. && trunk build', cwd: '.' } },
      }),
      'src-tauri/Cargo.toml': cargo('2.1', '0.9.1'),
    },
    plan: {
      image: 'registry.example/tauri-trunk:2',
      packageManager: null,
      installCommand: null,
      buildCommand: 'cargo tauri build --bundles deb,rpm',
      outputs: ['target/release/bundle/*/*.{deb,rpm,AppImage}'],
    },
    version: '0.9.1',
  },
  'without JavaScript: pages that are there as they are': {
    files: {
      'src/index.html': '',
      'src-tauri/tauri.conf.json': tauri2({ build: { frontendDist: '../src' } }),
      'src-tauri/Cargo.toml': cargo('2'),
    },
    plan: {
      packageManager: null,
      installCommand: null,
      buildCommand: 'npx --yes @tauri-apps/cli@2 build --bundles deb,rpm',
    },
  },
  'a version that is in package.json': {
    files: {
      'package.json': tauriPackage({ version: '7.1.0' }),
      'src-tauri/tauri.conf.json': tauri2({ version: '../package.json' }),
    },
    plan: { framework: 'tauri' },
    version: '7.1.0',
  },
  'a configuration in TOML': {
    files: {
      'package.json': tauriPackage(),
      'src-tauri/Tauri.toml':
        'product-name = "x"\nidentifier = "a.b"\nversion = "3.0.0"\n[bundle]\ntargets = ["rpm"]\n',
    },
    plan: { buildCommand: 'npm run tauri -- build --bundles rpm' },
    version: '3.0.0',
  },
  'Tauri 1': {
    files: {
      'package.json': tauriPackage(),
      'src-tauri/tauri.conf.json': json({ package: { version: '1.0.0' }, tauri: { bundle: {} } }),
      'src-tauri/Cargo.toml': cargo('1.6'),
    },
    message: 'is for Tauri 1, which needs WebKitGTK 4.0',
    hint: 'npx @tauri-apps/cli migrate',
  },
  'Tauri 1 by its crate, with a broken configuration': {
    files: {
      'package.json': tauriPackage(),
      'src-tauri/tauri.conf.json': '{ "build": ',
      'src-tauri/Cargo.toml': cargo('^1.0'),
    },
    message: 'is for Tauri 1',
    hint: 'It could also be built as web with vite: set the type of the app to "web".',
  },
  'JSON5, with what holds for Linux in a file of its own': {
    files: {
      ...npmLock,
      'package.json': tauriPackage(),
      'src-tauri/tauri.conf.json5':
        "// comments, names without quotes, and a comma too many\n{ productName: 'x', identifier: 'a.b', version: '5.0.0', bundle: { targets: ['msi'], active: true, }, }",
      'src-tauri/tauri.linux.conf.json5': "{ version: '5.0.1', bundle: { targets: ['deb'] } }",
    },
    plan: { buildCommand: 'npm run tauri -- build --bundles deb' },
    version: '5.0.1',
  },
  'a configuration beside the package.json, without src-tauri': {
    files: {
      ...npmLock,
      'package.json': tauriPackage(),
      'tauri.conf.json': tauri2(),
      'Cargo.toml': cargo('2'),
      'src/main.rs': '',
    },
    plan: {
      framework: 'tauri',
      buildCommand: 'npm run tauri -- build --bundles deb,rpm',
      outputs: ['target/release/bundle/*/*.{deb,rpm,AppImage}'],
    },
    because: ['Framework: Tauri 2, because of tauri.conf.json.'],
  },
  'a crate among others, with the front end elsewhere': {
    files: {
      'pnpm-lock.yaml': '',
      'pnpm-workspace.yaml': 'packages: ["apps/*"]',
      'package.json': json({ private: true, devDependencies: { '@tauri-apps/cli': '^2' } }),
      'apps/desktop/package.json': json({ name: '@x/desktop', scripts: { build: 'vite build' } }),
      'Cargo.toml': '[workspace]\nmembers = ["crates/*"]\n[workspace.package]\nversion = "0.19.4"\n',
      'crates/package.json': json({ name: 'crates', scripts: { fmt: 'cargo fmt' } }),
      'crates/core/Cargo.toml': '[package]\nname = "core"\n',
      'crates/desktop-tauri/tauri.conf.json': tauri2({
        version: undefined,
        build: { beforeBuildCommand: 'pnpm build:desktop', frontendDist: '../../apps/desktop/build' },
        bundle: { active: false, targets: ['app', 'appimage', 'deb'] },
      }),
      'crates/desktop-tauri/Cargo.toml':
        '[package]\nname = "desktop"\nversion.workspace = true\n[dependencies]\ntauri.workspace = true\n',
      'crates/desktop-tauri/tests/app/tauri.conf.json': '{}',
    },
    plan: {
      framework: 'tauri',
      buildCommand: 'pnpm exec tauri build --bundles deb',
      outputs: ['target/release/bundle/*/*.{deb,rpm,AppImage}'],
    },
    because: ['Framework: Tauri 2, because of crates/desktop-tauri/tauri.conf.json.'],
    version: '0.19.4',
  },
  'deep in a repository whose package.json is at the top': {
    files: {
      ...npmLock,
      'package.json': tauriPackage(),
      'apps/desktop/src-tauri/tauri.conf.json': tauri2({ version: '../../../package.json' }),
      'apps/desktop/src-tauri/Cargo.toml': cargo('2'),
    },
    plan: {
      buildCommand: 'npm run tauri -- build --bundles deb,rpm',
      outputs: ['apps/desktop/src-tauri/target/release/bundle/*/*.{deb,rpm,AppImage}'],
    },
    version: '0.1.0',
  },
  'a package of a workspace': {
    files: {
      'yarn.lock': '',
      'package.json': json({ private: true, workspaces: ['apps/*'] }),
      'apps/desktop/package.json': tauriPackage({ name: 'desktop' }),
      'apps/desktop/src-tauri/tauri.conf.json': tauri2(),
      'apps/desktop/src-tauri/Cargo.toml': cargo('2'),
    },
    plan: {
      installCommand: 'yarn install --frozen-lockfile',
      buildCommand: 'cd apps/desktop && yarn run tauri build --bundles deb,rpm',
      outputs: ['apps/desktop/src-tauri/target/release/bundle/*/*.{deb,rpm,AppImage}'],
    },
  },
  'a package of a workspace of Cargo, as the root directory': {
    base: 'apps/desktop',
    files: {
      ...npmLock,
      'Cargo.toml': '[workspace]\nmembers = ["apps/desktop/src-tauri"]\n',
      'apps/desktop/package.json': tauriPackage({ name: 'desktop' }),
      'apps/desktop/src-tauri/tauri.conf.json': tauri2(),
      'apps/desktop/src-tauri/Cargo.toml': cargo('2'),
    },
    plan: {
      buildCommand: 'CARGO_TARGET_DIR="$PWD/target" npm run tauri -- build --bundles deb,rpm',
      outputs: ['target/release/bundle/*/*.{deb,rpm,AppImage}'],
    },
  },
  'several crates that are apps': {
    files: {
      'Cargo.toml': '[workspace]\nmembers = ["crates/*"]\n',
      'crates/player/tauri.conf.json': tauri2(),
      'crates/editor/tauri.conf.json': tauri2(),
    },
    code: 'ambiguous',
    message: 'This project has several Tauri apps: "crates/editor", "crates/player".',
    hint: 'Set the root directory of the app to one of these folders.',
  },
  'the root directory is the crate': {
    base: 'crates/player',
    files: {
      'Cargo.toml': '[workspace]\nmembers = ["crates/*"]\n',
      'crates/player/tauri.conf.json': tauri2(),
      'crates/player/Cargo.toml': cargo('2'),
      'crates/editor/tauri.conf.json': tauri2(),
    },
    plan: {
      buildCommand: 'CARGO_TARGET_DIR="$PWD/target" npx --yes @tauri-apps/cli@2 build --bundles deb,rpm',
      outputs: ['target/release/bundle/*/*.{deb,rpm,AppImage}'],
    },
  },
  'a site whose examples are Tauri apps': {
    files: {
      ...npmLock,
      'package.json': json({ scripts: { build: 'vite build' }, devDependencies: { vite: '8.0.0' } }),
      'index.html': '',
      'examples/desktop/tauri.conf.json': tauri2(),
    },
    plan: { type: 'web', framework: 'vite' },
  },
};
