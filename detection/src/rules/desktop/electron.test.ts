import { BuildSettings } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { decide } from '../../decide.ts';
import { treeFromTexts } from '../../tree.ts';

async function decided(scripts: Record<string, string>) {
  const devDependencies = { electron: '40.0.0', 'electron-builder': '26.0.0' };
  const tree = treeFromTexts({ 'package.json': JSON.stringify({ name: 'app', scripts, devDependencies }) });
  return (await decide(tree, { type: null, build: BuildSettings.parse({}) })).plan;
}

test('a script that packages for macOS is named, with what an app needs to have it run', async () => {
  const plan = await decided({
    'build:linux': 'electron-builder --linux',
    'build:mac': 'electron-vite build && electron-builder --mac',
  });
  expect(plan.buildCommand).toBe('npm run build:linux');
  expect(plan.reasons).toContainEqual(
    expect.stringMatching(/^To build for macOS.*build command to npm run build:mac .* label macos/),
  );
});

test.each([
  [{ 'build:linux': 'electron-builder --linux' }],
  [{ 'release:mac': 'electron-builder --mac --publish always' }],
  [{ 'build:mac': 'xcodebuild --mac' }],
])(
  'nothing is said of macOS where no script packages for it, or only one that publishes: %j',
  async (scripts) => {
    expect((await decided(scripts)).reasons.join('\n')).not.toContain('macOS');
  },
);
