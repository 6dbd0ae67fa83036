/** One program for Linux, Windows and macOS, and the installers for each, built and inspected. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureImages, imageWith, runIn } from './container.ts';
import { type Built, type KindInstance, startKindInstance } from './instance.ts';

const DEBIAN = 'debian:trixie-slim';

let instance: KindInstance;
let built: Built;
/** The builder image with programs that list the contents of its packages. */
let lister: string;

beforeAll(async () => {
  await ensureImages('desktop');
  lister = await imageWith('appflux/desktop-builder', 'desktop-lister', ['7zip']);
  instance = await startKindInstance();
  built = await instance.build('desktop-packages');
});

afterAll(() => instance?.stop());

/** Only the files of these names, because a container need not get all. */
const only = (name: string) => ({ [name]: built.files.get(name) ?? Buffer.alloc(0) });

describe('a program for all desktops', () => {
  it('is delivered as an executable and four packages', () => {
    expect(built.deployment).toMatchObject({
      version: '0.9.2',
      plan: { type: 'desktop', image: 'appflux/desktop-builder' },
    });
    expect([...built.files.keys()].sort()).toEqual([
      'moon-phase',
      'moon-phase-0.9.2-mac.zip',
      'moon-phase-0.9.2.dmg',
      'moon-phase-setup.exe',
      'moon-phase_0.9.2_amd64.deb',
    ]);
  });

  it('runs on Linux', async () => {
    const script = 'chmod +x moon-phase && ./moon-phase 2000-01-21T04:40:00Z';
    const { output } = await runIn({ image: DEBIAN, files: only('moon-phase'), script });
    expect(output).toBe('The moon is 100 % lit.\n');
  });

  it('is installed from its .deb, runs, and is removed again', async () => {
    const name = 'moon-phase_0.9.2_amd64.deb';
    const { output } = await runIn({
      image: DEBIAN,
      files: only(name),
      script: `dpkg -i ${name} >/dev/null 2>&1
        dpkg-query -W moon-phase; moon-phase 2000-01-06T18:14:00Z
        dpkg -r moon-phase >/dev/null; hash -r; command -v moon-phase || echo gone`,
    });
    expect(output).toBe('moon-phase\t0.9.2\nThe moon is 0 % lit.\ngone\n');
    expect(built.artifact(name).meta).toMatchObject({ package: 'moon-phase', version: '0.9.2', arch: 'x64' });
  });

  it('is in a Windows installer, which names its publisher and is unsigned', async () => {
    const name = 'moon-phase-setup.exe';
    const { output } = await runIn({ image: lister, files: only(name), script: `7z l ${name}` });
    expect(output).toMatch(/^Type = Nsis$/m);
    expect(output).toMatch(/ moon-phase\.exe$/m);
    expect(built.artifact(name).meta).toMatchObject({
      platform: 'windows',
      product: 'Moon Phase',
      version: '0.9.2',
      installer: 'NSIS',
      signed: false,
    });
  });

  it('is an app bundle in the disk image and in the ZIP for macOS', async () => {
    const dmg = await runIn({
      image: lister,
      files: only('moon-phase-0.9.2.dmg'),
      script: 'isoinfo -R -f -i moon-phase-0.9.2.dmg; isoinfo -d -i moon-phase-0.9.2.dmg | grep "Volume id"',
    });
    expect(dmg.output).toContain('/Moon Phase.app/Contents/MacOS/moon-phase\n');
    expect(dmg.output).toContain('/Applications\n');
    expect(dmg.output).toContain('Volume id: Moon Phase');
    const zip = await runIn({
      image: lister,
      files: only('moon-phase-0.9.2-mac.zip'),
      script:
        'unzip -q moon-phase-0.9.2-mac.zip && ls -l "Moon Phase.app/Contents/MacOS" && file -b "Moon Phase.app/Contents/MacOS/moon-phase"',
    });
    expect(zip.output).toMatch(/^-rwxr-xr-x .* moon-phase$/m);
    expect(zip.output).toContain('Mach-O 64-bit arm64 executable');
  });
});
