/** The image with the browser. It is made when a picture is first wanted, and only while nothing is built. */
import { execa, parseCommandString } from 'execa';
import { type Engine, engineStatus } from '../sandbox/engine.ts';
import { imageKind } from '../sandbox/images.ts';

/** The name of the image. */
export const PICTURES_IMAGE = 'appflux/pictures-builder';

export interface PicturesImage {
  /** The engine's id of the image; null if it is not there. */
  id(): Promise<string | null>;
  /**
   * Makes it; null if this runner has no command for that. Aborting ends the command: what it has finished stays in the
   * engine's cache.
   * @throws the signal's reason, or an Error with the end of the command's output
   */
  readonly make: ((signal: AbortSignal) => Promise<void>) | null;
}

/** `command` is the runner's command for missing images; undefined if it has none. */
export function picturesImage(engine: Engine, command: string | undefined): PicturesImage {
  return {
    async id() {
      try {
        return (await engine.getImage(PICTURES_IMAGE).inspect()).Id;
      } catch (error) {
        if (engineStatus(error) === 404) return null;
        throw error;
      }
    },
    make: command === undefined ? null : (signal) => run(command, signal),
  };
}

async function run(command: string, signal: AbortSignal): Promise<void> {
  const [program = '', ...args] = parseCommandString(command);
  const result = await execa(program, [...args, imageKind(PICTURES_IMAGE)], {
    all: true,
    reject: false,
    stdin: 'ignore',
    maxBuffer: 1024 * 1024,
    cancelSignal: signal,
    forceKillAfterDelay: 5_000,
  });
  signal.throwIfAborted();
  if (result.failed) throw new Error(result.all.slice(-2000) || result.shortMessage);
}
