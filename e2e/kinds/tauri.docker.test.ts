/**
 * A Tauri app becomes a .deb, with its crates and its command fetched through the proxy; it is installed, started,
 * and viewed.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureImages, imageWith, runIn } from './container.ts';
import { type KindInstance, startKindInstance } from './instance.ts';
import { pixelAt, screenOf } from './screen.ts';

/** Some 270 crates are compiled, which takes 300 seconds of processor time, and far longer with other load. */
const WITHIN_MS = 1_150_000;

let instance: KindInstance;
let display: string;

beforeAll(async () => {
  await ensureImages('desktop');
  display = await imageWith('appflux/desktop-builder', 'desktop-display', ['xvfb']);
  instance = await startKindInstance();
});

afterAll(() => instance?.stop());

/** Installs the package and starts its program, until its window shows the page's background. */
const START = `
  dpkg -i app.deb
  dpkg-query -W -f '\${Package} \${Version}\\n' tide-clock
  Xvfb :9 -screen 0 800x600x24 -fbdir /tmp &
  export DISPLAY=:9 LIBGL_ALWAYS_SOFTWARE=1
  until [ -s /tmp/Xvfb_screen0 ]; do sleep 0.1; done
  tide-clock & app=$!
  # XWDFile.h: the header's size, the number of colors and the bytes of a row are its fields 0, 19, 12.
  field() { od -An -tu4 --endian=big -j$(($1 * 4)) -N4 /tmp/Xvfb_screen0 | tr -d ' '; }
  color() { od -An -tx1 -j$(($(field 0) + $(field 19) * 12 + 500 * $(field 12) + 1600)) -N3 /tmp/Xvfb_screen0 | tr -d ' '; }
  for _ in $(seq 600); do [ "$(color)" = 884411 ] && break; sleep 0.1; done
  cp /tmp/Xvfb_screen0 screen.xwd
  kill $app
`;

it('the built package can be installed, and shows the page', {
  timeout: WITHIN_MS + 100_000,
}, async () => {
  const { deployment, files, artifact } = await instance.build('tauri', undefined, WITHIN_MS);
  expect(deployment).toMatchObject({
    version: '0.2.0',
    plan: { type: 'desktop', framework: 'tauri', image: 'appflux/desktop-builder' },
  });
  const [name = ''] = files.keys();
  expect(name).toMatch(/\.deb$/);
  expect(artifact(name).meta).toMatchObject({ package: 'tide-clock', version: '0.2.0', platform: 'linux' });
  const shown = await runIn({
    image: display,
    files: { 'app.deb': files.get(name) ?? Buffer.alloc(0) },
    script: START,
    keep: ['screen.xwd'],
  });
  expect(shown.output).toContain('tide-clock 0.2.0\n');
  const screen = screenOf(shown.files.get('screen.xwd') ?? Buffer.alloc(0));
  expect(pixelAt(screen, 400, 500), shown.output).toBe('114488');
});
