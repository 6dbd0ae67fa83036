/** Builder images: which ones builds may use, and ensures that they exist. */

import { execa, parseCommandString } from 'execa';
import type { Journal } from '../journal.ts';
import { own, say } from '../masking/sentence.ts';
import { JobFailure, type WriteLine } from '../step-context.ts';
import { untilAborted } from '../stop.ts';
import { type Engine, engineStatus } from './engine.ts';

/** The form of an image's name (the grammar is in the reference package of the `distribution` project). */
const REFERENCE =
  /^(?:[a-z0-9][\w.-]*(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

/** Whether an image's name is one, and fits one of the patterns, in which `*` stands for any characters. Pure. */
export function isAllowedImage(image: string, patterns: readonly string[]): boolean {
  // The name becomes part of a path at the engine: `..` and the like must not get there.
  if (!REFERENCE.test(image)) return false;
  return patterns.some((pattern) => {
    const literal = pattern.split('*').map((part) => part.replaceAll(/[^\w]/g, '\\$&'));
    return new RegExp(`^${literal.join('.*')}$`).test(image);
  });
}

/** `web` for `appflux/web-builder`, with or without a tag; the image's whole name if it is none of ours. Pure. */
export function imageKind(image: string): string {
  return /^appflux\/([a-z0-9-]+)-builder(?::[\w.-]+)?$/.exec(image)?.[1] ?? image;
}

export interface ImagesOptions {
  readonly engine: Engine;
  readonly journal: Journal;
  /** Patterns of the images that builds may use. */
  readonly allowed: readonly string[];
  /** Makes a missing image; its kind becomes the last argument. Undefined: a missing image is a failure. */
  readonly command: string | undefined;
}

/** The builder images of this host. */
export class Images {
  readonly #options: ImagesOptions;
  /** Images that are being made, so that two builds do not make the same. */
  readonly #making = new Map<string, Promise<void>>();

  constructor(options: ImagesOptions) {
    this.#options = options;
  }

  /**
   * Makes sure that an image is there; gives its id.
   *
   * Nothing is pulled from a registry: `appflux/...` on a public one need not be ours. An owner who wants
   * pulling says so with a command that pulls.
   * @throws {JobFailure} `settings_invalid` for an image that may not be used, `image_unavailable`
   */
  async ensure(image: string, log: WriteLine, signal: AbortSignal): Promise<string> {
    if (!isAllowedImage(image, this.#options.allowed)) {
      throw new JobFailure('settings_invalid', say`This runner doesn’t allow the image ${image}`, {
        hint: own('Remove the image setting, or ask the owner of the runner to allow it (--images).'),
      });
    }
    const id = await this.#idOf(image);
    if (id !== undefined) return id;
    await this.#make(image, log, signal);
    const made = await this.#idOf(image);
    if (made === undefined) {
      throw new JobFailure(
        'image_unavailable',
        say`The builder image ${image} is missing although it was built`,
      );
    }
    return made;
  }

  async #idOf(image: string): Promise<string | undefined> {
    try {
      const { Id } = await this.#options.engine.getImage(image).inspect();
      return Id;
    } catch (error) {
      if (engineStatus(error) === 404) return undefined;
      throw error;
    }
  }

  async #make(image: string, log: WriteLine, signal: AbortSignal): Promise<void> {
    const { command } = this.#options;
    if (command === undefined) {
      throw new JobFailure('image_unavailable', say`The runner doesn’t have the builder image ${image}`);
    }
    log(
      say`Building the builder image ${image}, which is not on this runner yet. This takes several minutes.`,
    );
    let making = this.#making.get(image);
    if (making === undefined) {
      making = this.#run(command, image).finally(() => this.#making.delete(image));
      this.#making.set(image, making);
    }
    // A build that is canceled meanwhile goes; the image is made all the same, for the next one.
    making.catch(() => undefined);
    await untilAborted(making, signal);
    log(say`Built the builder image ${image}.`);
  }

  async #run(command: string, image: string): Promise<void> {
    const { journal } = this.#options;
    const [program = '', ...args] = parseCommandString(command);
    journal.info('Building a builder image', { image });
    const result = await execa(program, [...args, imageKind(image)], {
      all: true,
      reject: false,
      stdin: 'ignore',
      maxBuffer: 1024 * 1024,
    });
    if (!result.failed) return;
    journal.error('A builder image could not be built', { image, output: result.all.slice(-4000) });
    if (/no space left on device/i.test(result.all)) {
      throw new JobFailure('disk_full', say`The runner’s disk is full: ${image} could not be built`, {
        hint: own('Ask the owner of the runner to free disk space, then redeploy.'),
        ofMachine: true,
      });
    }
    throw new JobFailure(
      'image_unavailable',
      say`The builder image ${image} could not be built on this runner`,
    );
  }
}
