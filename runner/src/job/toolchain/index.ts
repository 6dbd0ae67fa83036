/** The versions of Node, of the package manager, of Java and of Flutter that a build runs with. */

import { dirname } from 'node:path/posix';
import type { ManagerVersion } from '@appflux/detection';
import type { Plan } from '@appflux/protocol';
import { own } from '../../masking/sentence.ts';
import type { Engine } from '../../sandbox/engine.ts';
import { imageFacts } from '../../sandbox/image-facts.ts';
import type { Surroundings } from '../../sandbox/surroundings.ts';
import { JobFailure, type StepContext } from '../../step-context.ts';
import { chooseFlutter } from './choose-flutter.ts';
import { chooseJava } from './choose-java.ts';
import { chooseManagerOf, type ImageTools, type ManagerChoice } from './choose-manager.ts';
import { chooseImageNode, type ImageNode } from './choose-node.ts';

export interface ToolchainHost {
  readonly engine: Engine;
  readonly runnerId: string;
}

export interface ToolchainInput {
  readonly plan: Plan;
  readonly imageId: string;
  readonly managerVersion: ManagerVersion | null;
  /** The result of `managerOf` (sandbox/network.ts). */
  readonly manager: string | null;
  /** Whether the build can fetch anything. */
  readonly online: boolean;
}

/** Selects the tool versions that the project requests. The log explains every deviation. */
export async function openToolchain(
  host: ToolchainHost,
  { plan, imageId, managerVersion, manager, online }: ToolchainInput,
  ctx: StepContext,
): Promise<Surroundings> {
  const { tools, npmRegistry } = await imageFacts(host.engine, host.runnerId, imageId);
  const chosen = manager === null ? null : chooseManager();
  const node = plan.node === null || tools.node === undefined ? OWN_NODE : chooseNode(plan.node);
  const folders = [...node.folders, ...(chosen?.folders ?? [])];
  const java = plan.java === undefined ? null : javaHome(plan.java);
  if (java !== null) folders.push(`${java}/bin`);
  const flutter = plan.flutter === undefined ? null : flutterToFetch(plan.flutter);
  return {
    mounts: [],
    suggested: {
      ...(java === null ? {} : { JAVA_HOME: java }),
      // node-gyp compiles against these headers; it would download them from a host that builds can't reach.
      ...(tools['node-headers'] === undefined || node.home === null
        ? {}
        : { [NODE_HEADERS_VARIABLE]: node.home }),
      // Corepack asks the registry by itself, and would ask the person in front of it whether it may.
      ...(npmRegistry === null ? {} : { COREPACK_NPM_REGISTRY: npmRegistry.href.replace(/\/$/, '') }),
      COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
      // Mirrors leave npm's signatures out, and Corepack would stop there. It still checks the hash of a pin that has
      // one; a pin without is believed like every other package of the same registry.
      COREPACK_INTEGRITY_KEYS: '0',
    },
    environment: { ...chosen?.environment, ...node.environment },
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

  function chooseManager(): ManagerChoice {
    const isBerry = manager === 'yarn-berry';
    const choice = chooseManagerOf({ wanted: managerVersion, isBerry, image: tools, online });
    if (choice.note !== null) ctx.log(choice.note);
    return choice;
  }

  function chooseNode(asked: string): UsedNode {
    const choice = chooseImageNode(asked, nodesOf(tools), online && tools['pinned-node'] !== undefined);
    if ('missing' in choice) {
      throw new JobFailure('settings_invalid', choice.missing, {
        hint: own(
          'Request another version in .nvmrc, .node-version, engines of package.json, appflux.json or the app’s settings.',
        ),
      });
    }
    if (choice.note !== null) ctx.log(choice.note);
    if ('fetch' in choice)
      return {
        folders: [PINNED_NODE_FOLDER],
        home: null,
        environment: { APPFLUX_NODE_VERSION: choice.fetch },
      };
    const { folder } = choice.node;
    return folder === null ? OWN_NODE : { folders: [folder], home: dirname(folder), environment: {} };
  }
}

/** The Node that a build runs with. */
interface UsedNode {
  /** Folders to put on PATH. */
  readonly folders: readonly string[];
  /** The folder that holds its `bin` and `include`; null where it is only known later. */
  readonly home: string | null;
  /** Environment variables for the programs in the folders. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Where node-gyp finds a Node's headers. npm warns of `npm_config_nodedir`, which means the same. */
const NODE_HEADERS_VARIABLE = 'npm_package_config_node_gyp_nodedir';

const OWN_NODE: UsedNode = { folders: [], home: '/usr/local', environment: {} };

/** A `node` that fetches the version in APPFLUX_NODE_VERSION (builder-images/web/pinned-tool). */
const PINNED_NODE_FOLDER = '/usr/local/node/pinned/bin';

/** The Nodes of an image: `node` is on its PATH, `node-20` in a folder of its own. */
export function nodesOf(tools: ImageTools): ImageNode[] {
  return Object.entries(tools).flatMap(([tool, version]): ImageNode[] => {
    if (tool === 'node') return [{ version, folder: null }];
    const [, major] = /^node-(\d+)$/.exec(tool) ?? [];
    return major === undefined ? [] : [{ version, folder: `/usr/local/node/${major}/bin` }];
  });
}
