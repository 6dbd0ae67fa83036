/** The versions of Node and of the package manager that a build runs with. */
import type { Plan } from '@appflux/protocol';
import type { Engine } from '../../sandbox/engine.ts';
import { NPM_REGISTRY_FILE, readImageFile, VERSIONS_FILE } from '../../sandbox/image-file.ts';
import type { Surroundings } from '../../sandbox/surroundings.ts';
import { JobFailure, type PreparedSource, type StepContext } from '../step.ts';
import { choosePinnedManager, type ImageTools } from './choose-manager.ts';
import { chooseImageNode, type ImageNode } from './choose-node.ts';
import { pinnedManager } from './pinned-manager.ts';

export interface ToolchainHost {
  readonly engine: Engine;
  readonly runnerId: string;
}

export interface ToolchainInput {
  readonly plan: Plan;
  readonly imageId: string;
  readonly source: PreparedSource;
  /** The source's top, in which the root directory lies. */
  readonly top: string;
  /** What `managerOf` says (sandbox/network.ts). */
  readonly manager: string | null;
  /** Whether the build can fetch anything. */
  readonly online: boolean;
}

/** Puts the Node and the package manager that the project asks for on the build's PATH; the log says what is not simply so. */
export async function openToolchain(
  host: ToolchainHost,
  { plan, imageId, source, top, manager, online }: ToolchainInput,
  ctx: StepContext,
): Promise<Surroundings> {
  const { tools, npmRegistry } = await imageTools(host, imageId);
  const folders = manager === null ? [] : await managerFolders();
  if (plan.node !== null && tools.node !== undefined) folders.unshift(...nodeFolder(plan.node));
  return {
    mounts: [],
    suggested: {
      // Corepack asks the registry by itself, and would ask the person in front of it whether it may.
      ...(npmRegistry === null ? {} : { COREPACK_NPM_REGISTRY: npmRegistry.replace(/\/$/, '') }),
      COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
    },
    environment: {},
    entry: folders.length === 0 ? {} : { APPFLUX_PATH: folders.join(':') },
  };

  async function managerFolders(): Promise<string[]> {
    const pin = await pinnedManager(source.root, top);
    const isBerry = manager === 'yarn-berry';
    const choice = choosePinnedManager({ pin, isBerry, image: tools, online });
    if (choice.note !== null) ctx.log(choice.note);
    return [...choice.folders];
  }

  function nodeFolder(asked: string): string[] {
    const choice = chooseImageNode(asked, nodesOf(tools));
    if ('missing' in choice) {
      throw new JobFailure('settings_invalid', choice.missing, {
        hint: 'Ask for another version: in .nvmrc, .node-version, engines of package.json, appflux.json, or the App’s settings.',
      });
    }
    if (choice.note !== null) ctx.log(choice.note);
    return choice.node.folder === null ? [] : [choice.node.folder];
  }
}

/** The Nodes of an image: `node` is on its PATH, `node-20` in a folder of its own. */
export function nodesOf(tools: ImageTools): ImageNode[] {
  return Object.entries(tools).flatMap(([tool, version]): ImageNode[] => {
    if (tool === 'node') return [{ version, folder: null }];
    const [, major] = /^node-(\d+)$/.exec(tool) ?? [];
    return major === undefined ? [] : [{ version, folder: `/usr/local/node/${major}/bin` }];
  });
}

interface ImageFacts {
  readonly tools: ImageTools;
  readonly npmRegistry: string | null;
}

/** An image never changes under its id, so it is asked once. */
const factsById = new Map<string, Promise<ImageFacts>>();

function imageTools(host: ToolchainHost, imageId: string): Promise<ImageFacts> {
  const known = factsById.get(imageId);
  if (known !== undefined) return known;
  const reading = readFacts(host, imageId);
  factsById.set(imageId, reading);
  // A failure is not remembered: the next build asks again.
  reading.catch(() => factsById.delete(imageId));
  return reading;
}

async function readFacts({ engine, runnerId }: ToolchainHost, imageId: string): Promise<ImageFacts> {
  const versions = await readImageFile(engine, runnerId, imageId, VERSIONS_FILE);
  const registry = await readImageFile(engine, runnerId, imageId, NPM_REGISTRY_FILE);
  const lines = (versions ?? '').split('\n').map((line) => /^([\w-]+)=(\S+)$/.exec(line));
  return {
    tools: Object.fromEntries(lines.flatMap((match) => (match ? [[match[1], match[2]]] : []))),
    npmRegistry: URL.canParse(registry?.trim() ?? '') ? (registry?.trim() ?? null) : null,
  };
}
