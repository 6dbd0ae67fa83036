/** A Flutter app for Linux, in the image of Debian's packages, started on a display and tapped. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureImages, imageWith, runIn } from './container.ts';
import { type KindInstance, startKindInstance } from './instance.ts';
import { pixelAt, screenOf } from './screen.ts';

const BLUE = '3366ff';
const GREEN = '22aa55';

let instance: KindInstance;
let display: string;

beforeAll(async () => {
  await ensureImages('flutter');
  display = await imageWith('appflux/flutter-builder', 'flutter-display', ['xvfb', 'xdotool', 'unzip']);
  instance = await startKindInstance();
});

afterAll(() => instance?.stop());

/** Starts the app, waits for its first frame, taps it, waits for the next; leaves both as files. */
const TAP = `
  unzip -q bundle.zip -d /tmp/app
  Xvfb :9 -screen 0 1280x720x24 -fbdir /tmp &
  export DISPLAY=:9
  # x(7) of the X Window Dump: the header's size, the number of colors and the bytes of a row are its fields 0, 19, 12.
  field() { od -An -tu4 --endian=big -j$(($1 * 4)) -N4 /tmp/Xvfb_screen0 | tr -d ' '; }
  corner() { od -An -tx1 -j$(($(field 0) + $(field 19) * 12 + 40 * $(field 12) + 160)) -N3 /tmp/Xvfb_screen0 | tr -d ' '; }
  until_corner_is() {
    for _ in $(seq 600); do if [ "$(corner)" = "$1" ]; then sync; cp /tmp/Xvfb_screen0 "$2"; return; fi; sleep 0.1; done
    echo "the corner is $(corner), not $1"; exit 1
  }
  until [ -s /tmp/Xvfb_screen0 ]; do sleep 0.1; done
  /tmp/app/tap_counter & app=$!
  until_corner_is ff6633 before.xwd
  xdotool mousemove 640 200 click 1
  until_corner_is 55aa22 after.xwd
  kill $app
`;

it('the built bundle starts, renders and reacts to a tap', async () => {
  const asked = { '.fvmrc': Buffer.from('{"flutter":"3.35.1"}') };
  const { deployment, files, artifact, log } = await instance.build(
    'flutter-linux',
    undefined,
    undefined,
    asked,
  );
  expect(log).toMatch(
    /The project requests Flutter 3\.35\.1, but the image has 3\.\d+\.\d+ and can’t download others\. Using 3\.\d+\.\d+\./,
  );
  expect(deployment).toMatchObject({
    version: '1.4.0+12',
    plan: {
      type: 'desktop',
      framework: 'flutter',
      flutter: '3.35.1',
      image: 'appflux/flutter-builder',
      buildCommand: 'flutter build linux --release',
    },
  });
  const name = 'flutter-linux-1.4.0+12-bundle.zip';
  expect(artifact(name).meta).toMatchObject({ files: expect.any(Number) });
  const bundle = files.get(name) ?? Buffer.alloc(0);
  const made = await runIn({
    image: display,
    files: { 'bundle.zip': bundle },
    script: TAP,
    keep: ['before.xwd', 'after.xwd'],
  });
  const before = screenOf(made.files.get('before.xwd') ?? Buffer.alloc(0));
  const after = screenOf(made.files.get('after.xwd') ?? Buffer.alloc(0));
  expect([pixelAt(before, 40, 40), pixelAt(after, 40, 40)]).toEqual([BLUE, GREEN]);
  // The text in the middle is white, and shows another number after the tap.
  for (const screen of [before, after]) expect(whiteOf(screen)).toBeGreaterThan(1_000);
  expect(whiteOf(after)).not.toBe(whiteOf(before));
});

function whiteOf(screen: ReturnType<typeof screenOf>): number {
  let count = 0;
  for (let y = 300; y < 420; y += 1) {
    for (let x = 300; x < 980; x += 1) if (pixelAt(screen, x, y) === 'ffffff') count += 1;
  }
  return count;
}
