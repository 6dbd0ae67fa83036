/** The versions of Node, of the package manager, of Java and of Flutter that a build runs with. */

import type { Plan } from '@appflux/protocol';
import { own } from '../../masking/sentence.ts';
import type { Engine } from '../../sandbox/engine.ts';
import { imageFacts } from '../../sandbox/image-facts.ts';
import type { Surroundings } from '../../sandbox/surroundings.ts';
import { JobFailure, type PreparedSource, type StepContext } from '../../step-context.ts';
import { chooseFlutter } from './choose-flutter.ts';
import { chooseJava } from './choose-java.ts';
import { choosePinnedManager, type ImageTools, type ManagerChoice } from './choose-manager.ts';
import { chooseImageNode, type ImageNode } from './choose-node.ts';
import { pinnedBun, pinnedManager } from './pinned-manager.ts';

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
  /** The result of `managerOf` (sandbox/network.ts). */
  readonly manager: string | null;
  /** Whether the build can fetch anything. */
  readonly online: boolean;
}

/** Selects the tool versions that the project requests. The log explains every deviation. */
export async function openToolchain(
  host: ToolchainHost,
  { plan, imageId, source, top, manager, online }: ToolchainInput,
  ctx: StepContext,
): Promise<Surroundings> {
  const { tools, npmRegistry } = await imageFacts(host.engine, host.runnerId, imageId);
  const chosen = manager === null ? null : await chooseManager();
  const folders = [...(chosen?.folders ?? [])];
  if (plan.node !== null && tools.node !== undefined) folders.unshift(...nodeFolder(plan.node));
  const java = plan.java === undefined ? null : javaHome(plan.java);
  if (java !== null) folders.push(`${java}/bin`);
  const flutter = plan.flutter === undefined ? null : flutterToFetch(plan.flutter);
  return {
    mounts: [],
    suggested: {
      ...(java === null ? {} : { JAVA_HOME: java }),
      // Corepack asks the registry by itself, and would ask the person in front of it whether it may.
      ...(npmRegistry === null ? {} : { COREPACK_NPM_REGISTRY: npmRegistry.href.replace(/\/$/, '') }),
      COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
      // Mirrors leave npm's signatures out, and Corepack would stop there. It still checks the hash of a pin that has
      // one; a pin without is believed like every other package of the same registry.
      COREPACK_INTEGRITY_KEYS: '0',
    },
    environment: { ...chosen?.environment },
    entry: {
      ...(folders.length === 0 ? {} : { APPFLUX_PATH: folders.join(':') }),
      ...(flutter === null ? {} : { APPFLUX_FLUTTER: flutter }),
    },
  };

  function javaHome(asked: string): string | null {
    const choice = chooseJava(asked, tools);
    if (choice.note !== null) ctx.log(choice.note);
    return choice.home;
  }

  function flutterToFetch(asked: string): string | null {
    const choice = chooseFlutter({ asked, image: tools, online });
    if ('missing' in choice) {
      throw new JobFailure('settings_invalid', choice.missing, {
        hint: own(
          'Request another version in .fvmrc or in environment of pubspec.yaml, or use a runner with the official Flutter image.',
        ),
      });
    }
    if (choice.note !== null) ctx.log(choice.note);
    return choice.fetch;
  }

  async function chooseManager(): Promise<ManagerChoice> {
    const declared = await pinnedManager(source.root, top);
    const pin = declared ?? (manager === 'bun' ? await pinnedBun(source.root, top) : null);
    const isBerry = manager === 'yarn-berry';
    const choice = choosePinnedManager({ pin, isBerry, image: tools, online });
    if (choice.note !== null) ctx.log(choice.note);
    return choice;
  }

  function nodeFolder(asked: string): string[] {
    const choice = chooseImageNode(asked, nodesOf(tools));
    if ('missing' in choice) {
      throw new JobFailure('settings_invalid', choice.missing, {
        hint: own(
          'Request another version in .nvmrc, .node-version, engines of package.json, appflux.json or the app’s settings.',
        ),
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
