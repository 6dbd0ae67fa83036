/** Desktop apps, as their tools' templates lay them out. */
import { type Fixtures, json, npmLock, pkg } from '../fixture.ts';

const packages = '*.{AppImage,deb,rpm,snap,flatpak,pacman,exe,msi,dmg,zip,tar.gz,7z}';

export const electronFixtures: Fixtures = {
  'electron-vite': {
    files: {
      ...npmLock,
      'package.json': json({
        name: 'app',
        version: '1.0.0',
        scripts: {
          build: 'npm run typecheck && electron-vite build',
          postinstall: 'electron-builder install-app-deps',
          'build:win': 'npm run build && electron-builder --win',
          'build:mac': 'electron-vite build && electron-builder --mac',
          'build:linux': 'electron-vite build && electron-builder --linux',
        },
        devDependencies: {
          electron: '38.0.0',
          'electron-builder': '26.0.0',
          'electron-vite': '4.0.0',
          vite: '7.0.0',
        },
      }),
      'electron-builder.yml':
        'appId: com.electron.app\ndirectories:\n  buildResources: build\nlinux:\n  target: [AppImage, deb]\n',
      'electron.vite.config.ts': '',
    },
    plan: {
      type: 'desktop',
      framework: 'electron',
      image: 'appflux/desktop-builder',
      installCommand: 'npm ci',
      buildCommand: 'npm run build:linux',
      outputs: [`dist/${packages}`],
    },
    because: [
      'Framework: Electron with electron-builder, because package.json depends on both.',
      'Build command: npm run build:linux, the package.json script that packages the app.',
      'Electron and its packaging tools are downloaded from GitHub. The owner of the runner must allow its hosts (--allow-hosts github.com,*.githubusercontent.com).',
    ],
    version: '1.0.0',
  },
  'electron-react-boilerplate': {
    files: {
      'package.json': json({
        scripts: {
          build: 'concurrently "npm run build:main" "npm run build:renderer"',
          package:
            'ts-node ./.erb/scripts/clean.js dist && npm run build && electron-builder build --publish never',
        },
        build: { productName: 'ElectronReact', directories: { app: 'release/app', output: 'release/build' } },
        devDependencies: { electron: '35.0.0', 'electron-builder': '25.0.0', webpack: '5.0.0' },
      }),
      'release/app/package.json': json({ name: 'electron-react-boilerplate', version: '4.6.0' }),
    },
    plan: { buildCommand: 'npm run package', outputs: [`release/build/${packages}`] },
    version: '4.6.0',
  },
  'two package.json, the program in the folder app': {
    files: {
      'package.json': pkg({}, undefined, {
        version: '0.0.0',
        scripts: { dist: 'electron-builder' },
        devDependencies: { electron: '38.0.0', 'electron-builder': '26.0.0' },
      }),
      'app/package.json': json({ name: 'program', version: '3.1.4' }),
    },
    plan: { buildCommand: 'npm run dist' },
    version: '3.1.4',
  },
  'a package of a workspace': {
    files: {
      'yarn.lock': '',
      'package.json': json({ private: true, version: '0.0.0', workspaces: ['packages/*'] }),
      'packages/lib/package.json': json({ name: 'lib', version: '9.9.9' }),
      'packages/desktop/package.json': json({
        name: 'desktop',
        version: '3.6.2',
        scripts: { dist: 'electron-builder' },
        devDependencies: { electron: '38.0.0', 'electron-builder': '26.0.0' },
      }),
    },
    plan: {
      buildCommand: 'cd packages/desktop && yarn run dist',
      outputs: [`packages/desktop/dist/${packages}`],
    },
    version: '3.6.2',
  },
  'a template whose output has the version in it': {
    files: {
      'package.json': pkg({ vue: '3.5.0' }, 'vue-tsc --noEmit && vite build && electron-builder', {
        devDependencies: { electron: '30.0.0', 'electron-builder': '24.0.0', vite: '5.0.0' },
      }),
      'electron-builder.json5': `// see the documents\n{ "directories": { "output": "release/\${version}" }, }`,
      'index.html': '',
    },
    plan: { buildCommand: 'npm run build', outputs: [`release/*/${packages}`] },
    because: ['It could also be built as web with vite: set the type of the app to "web".'],
  },
  'electron-builder without a script': {
    files: {
      'pnpm-lock.yaml': '',
      'package.json': pkg({}, 'tsc', {
        devDependencies: { electron: '38.0.0', 'electron-builder': '26.0.0' },
      }),
    },
    plan: {
      buildCommand: 'pnpm run build && pnpm exec electron-builder --linux --publish never',
      outputs: [`dist/${packages}`],
    },
    because: [
      'Build command: pnpm run build && pnpm exec electron-builder --linux --publish never; package.json has no script that packages the app for Linux.',
    ],
  },
  'scripts that publish, or are for other systems': {
    files: {
      'package.json': pkg({}, undefined, {
        scripts: {
          release: 'electron-builder --publish always',
          dist: 'electron-builder --mac',
          pack: 'electron-builder --dir',
          'dist:all': 'electron-builder -mwl',
        },
        devDependencies: { electron: '38.0.0', 'electron-builder': '26.0.0' },
      }),
    },
    plan: { buildCommand: 'npm run dist:all' },
  },
  'scripts that call each other': {
    files: {
      ...npmLock,
      'package.json': pkg({}, undefined, {
        scripts: {
          build: 'run-p build:*',
          'build:main': 'webpack --config main.js',
          package: 'run-s package:windows package:linux',
          'package:windows': 'npm run build && electron-builder --win --publish=never',
          'package:linux': 'run-s package:linux-*',
          'package:linux-deb': 'npm run build && npm run package:linux:x64 -- deb --publish=never',
          'package:linux:x64': 'cross-env CC=gcc electron-builder --linux',
        },
        devDependencies: { electron: '42.0.0', 'electron-builder': '26.0.0', 'npm-run-all': '4.0.0' },
      }),
    },
    plan: { buildCommand: 'npm run package:linux' },
  },
  'scripts that call each other, of which the outer one publishes': {
    files: {
      'package.json': pkg({}, undefined, {
        scripts: {
          dist: 'yarn pack:app --publish always',
          'pack:app': 'yarn run build && electron-builder',
          build: 'yarn dist:loop',
          'dist:loop': 'yarn build',
        },
        devDependencies: { electron: '42.0.0', 'electron-builder': '26.0.0' },
      }),
      'yarn.lock': '',
    },
    plan: { buildCommand: 'yarn run pack:app' },
  },
  'Electron Forge': {
    files: {
      ...npmLock,
      'package.json': pkg({}, undefined, {
        scripts: {
          start: 'electron-forge start',
          package: 'electron-forge package',
          make: 'electron-forge make',
        },
        devDependencies: {
          electron: '38.0.0',
          '@electron-forge/cli': '7.0.0',
          '@electron-forge/maker-deb': '7.0.0',
        },
      }),
      'forge.config.ts': '',
    },
    plan: { framework: 'electron', buildCommand: 'npm run make', outputs: [`out/make/**/${packages}`] },
  },
  'Electron Forge without a script': {
    files: {
      'yarn.lock': '',
      'package.json': pkg({}, undefined, {
        devDependencies: { electron: '38.0.0', '@electron-forge/cli': '7.0.0' },
      }),
    },
    plan: { buildCommand: 'yarn electron-forge make' },
  },
  'Vue CLI with its plugin': {
    files: {
      'package.json': pkg({}, 'vue-cli-service build', {
        scripts: { build: 'vue-cli-service build', 'electron:build': 'vue-cli-service electron:build' },
        devDependencies: {
          electron: '13.0.0',
          'vue-cli-plugin-electron-builder': '2.0.0',
          '@vue/cli-service': '5.0.0',
        },
      }),
    },
    plan: { buildCommand: 'npm run electron:build', outputs: [`dist_electron/${packages}`] },
  },
  'electron-packager': {
    files: {
      'package.json': json({
        name: 'quick-start',
        productName: 'Quick Start',
        devDependencies: { electron: '30.0.0', '@electron/packager': '18.0.0' },
      }),
    },
    plan: {
      buildCommand: 'npx electron-packager . --platform=linux --out=out',
      outputs: packagedFolders('Quick Start'),
    },
  },
  'the quick start, which packages nothing': {
    files: {
      'package.json': pkg({}, undefined, { devDependencies: { electron: '38.0.0' } }),
      'index.html': '',
      'main.js': '',
    },
    message:
      'depends on electron, but not on a packager: electron-builder, Electron Forge or electron-packager',
    hint: 'npm install --save-dev electron-builder',
  },
};

function packagedFolders(name: string): string[] {
  return ['out', 'dist', 'release-builds', ''].flatMap((folder) =>
    ['x64', 'arm64'].map((arch) => `${folder === '' ? '' : `${folder}/`}${name}-linux-${arch}`),
  );
}

export const neutralinoAndWailsFixtures: Fixtures = {
  'Neutralinojs with its programs': {
    files: {
      'neutralino.config.json': json({
        applicationId: 'js.app',
        version: '1.1.0',
        cli: { binaryName: 'app' },
      }),
      'bin/neutralino-linux_x64': '',
      'resources/index.html': '',
    },
    plan: {
      type: 'desktop',
      framework: 'neutralino',
      image: 'appflux/desktop-builder',
      buildCommand: 'npx --yes @neutralinojs/neu build --release',
      outputs: ['dist/*.zip'],
    },
    version: '1.1.0',
  },
  'Neutralinojs with its tool as a dependency, and a folder of its own': {
    files: {
      ...npmLock,
      'package.json': pkg({ '@neutralinojs/neu': '11.0.0' }),
      'neutralino.config.json': json({ version: '2.0.0', cli: { distributionPath: '/release' } }),
      'bin/neutralino-win_x64.exe': '',
    },
    plan: { installCommand: 'npm ci', buildCommand: 'npx neu build --release', outputs: ['release/*.zip'] },
  },
  'Neutralinojs without its programs': {
    files: { 'neutralino.config.json': '{}', 'resources/index.html': '' },
    message: '"neu update" downloads its binaries from GitHub',
    hint: 'commit the folder bin',
  },
  Wails: {
    files: {
      'wails.json': '{"name":"app"}',
      'go.mod': 'module app',
      'main.go': '',
      'frontend/package.json': '{}',
    },
    message: 'Wails is not supported: no builder image of AppFlux has Go',
    hint: 'Set an image that has wails',
  },
  'Wails with an image of its own': {
    settings: { image: 'registry.example/wails:2' },
    files: { 'wails.json': '{"info":{"productVersion":"1.0.0"}}', 'go.mod': '' },
    plan: {
      type: 'desktop',
      framework: 'wails',
      image: 'registry.example/wails:2',
      buildCommand: 'wails build',
      outputs: ['build/bin/*'],
    },
    version: '1.0.0',
  },
};

const compile = (target: string, entry: string, name: string) =>
  `bun build --compile --minify --target=bun-${target} ./${entry} --outfile dist/${name}-${target}`;
const compiled = (entry: string, name: string) =>
  ['linux-x64', 'windows-x64', 'darwin-arm64'].map((target) => compile(target, entry, name)).join(' && ');

export const executableFixtures: Fixtures = {
  'a script that compiles with Bun': {
    files: {
      'bun.lock': '',
      'package.json': json({
        name: 'tool',
        version: '0.3.0',
        scripts: { compile: 'bun build ./src/cli.ts --compile --outfile bin/tool' },
      }),
    },
    plan: {
      type: 'desktop',
      framework: 'bun',
      image: 'appflux/desktop-builder',
      installCommand: 'bun install --frozen-lockfile',
      buildCommand: 'bun run compile',
      outputs: ['bin/tool', 'bin/tool.exe'],
    },
    because: ['Output: bin/tool, from the script.'],
    version: '0.3.0',
  },
  'a script that makes a single executable application of Node': {
    files: {
      ...npmLock,
      'package.json': pkg({}, undefined, {
        scripts: { 'build:exe': 'node --experimental-sea-config sea-config.json && node make.mjs' },
      }),
    },
    plan: { framework: 'node', buildCommand: 'npm run build:exe', outputs: ['dist/*', 'bin/*', 'build/*'] },
  },
  'a script that calls pkg': {
    files: {
      'package.json': pkg(
        { '@yao-pkg/pkg': '6.0.0' },
        'pkg . --targets node22-linux-x64 --output build/tool',
      ),
    },
    plan: { framework: 'node', buildCommand: 'npm run build', outputs: ['build/tool', 'build/tool.exe'] },
  },
  'a program of Bun, when the app is for the desktop': {
    type: 'desktop',
    files: {
      'bun.lock': '',
      'package.json': json({ name: 'hello', module: 'index.ts', type: 'module' }),
      'index.ts': '',
    },
    plan: {
      framework: 'bun',
      installCommand: null,
      buildCommand: compiled('index.ts', 'hello'),
      outputs: ['dist/hello-linux-x64', 'dist/hello-windows-x64.exe', 'dist/hello-darwin-arm64'],
    },
  },
  'a program of Node with a bin, when the app is for the desktop': {
    type: 'desktop',
    files: {
      ...npmLock,
      'package.json': json({
        name: '@scope/cli',
        bin: { cli: './src/main.js' },
        dependencies: { kleur: '4.0.0' },
      }),
      'src/main.js': '',
    },
    plan: { installCommand: 'npm ci', buildCommand: compiled('src/main.js', 'cli') },
  },
  'an entry whose name has a meaning in a shell': {
    type: 'desktop',
    files: { 'package.json': json({ main: 'a$(reboot).js' }), 'a$(reboot).js': '' },
    plan: {
      buildCommand: compiled('X', 'app').replaceAll('./X', "'./a$(reboot).js'"),
    },
  },
  'no program, when the app is for the desktop': {
    type: 'desktop',
    files: { 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    message:
      'Found nothing to build at the top of the source. Looked for Flutter (pubspec.yaml), Tauri (tauri.conf.json)',
    hint: 'set a build command and outputs',
  },
};
