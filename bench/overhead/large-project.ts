/** A site with about 600 packages, half a gigabyte of them: what installing and keeping them costs shows only there. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { WEB_IMAGE } from '../../runner/src/testing/docker.ts';

/** Exact versions, so that two runs install the same; npm resolves the rest of the tree when the lockfile is made. */
const DEPENDENCIES = {
  '@emotion/react': '11.14.0',
  '@emotion/styled': '11.14.1',
  '@mui/icons-material': '7.3.4',
  '@mui/material': '7.3.4',
  '@tanstack/react-query': '5.90.2',
  'date-fns': '4.1.0',
  echarts: '6.0.0',
  firebase: '12.4.0',
  lodash: '4.17.21',
  'monaco-editor': '0.54.0',
  react: '19.2.0',
  'react-dom': '19.2.0',
  three: '0.180.0',
} as const;

const DEV_DEPENDENCIES = {
  '@types/lodash': '4.17.20',
  '@types/three': '0.180.0',
  '@vitejs/plugin-react': '5.0.4',
  eslint: '9.37.0',
  'eslint-plugin-jsx-a11y': '6.10.2',
  'eslint-plugin-react': '7.37.5',
  prettier: '3.6.2',
  typescript: '5.9.3',
  vite: '7.1.9',
  webpack: '5.102.1',
} as const;

const MAIN = `import { createRoot } from 'react-dom/client';
import { Button } from '@mui/material';
import { format } from 'date-fns';
createRoot(document.body.appendChild(document.createElement('div'))).render(<Button>{format(new Date(), 'yyyy')}</Button>);
`;

const FILES = {
  'package.json': JSON.stringify({
    name: 'large',
    private: true,
    type: 'module',
    scripts: { build: 'vite build' },
    dependencies: DEPENDENCIES,
    devDependencies: DEV_DEPENDENCIES,
  }),
  'vite.config.js': "import react from '@vitejs/plugin-react';\nexport default { plugins: [react()] };\n",
  'index.html': '<!doctype html><title>Large</title><script type="module" src="/src/main.jsx"></script>\n',
  'src/main.jsx': MAIN,
} as const;

/** The project's files, with a lockfile that npm makes in the builder image. Needs its registry. */
export async function largeProject(): Promise<Record<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-large-'));
  try {
    await writeFile(join(folder, 'package.json'), FILES['package.json']);
    const command = ['npm', 'install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'];
    const volume = `--volume=${folder}:/workspace`;
    await execa('docker', [
      ...['run', '--rm', '--user=0', volume, '--workdir=/workspace', WEB_IMAGE],
      ...command,
    ]);
    const lockfile = await readFile(join(folder, 'package-lock.json'));
    const files = Object.entries(FILES).map(([name, text]) => [name, Buffer.from(text)] as const);
    return { ...Object.fromEntries(files), 'package-lock.json': lockfile };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
