/** Which Flutter a project asks for. */
import { quoted } from '@appflux/protocol';
import { parseLooseJson, tableAt, textAt } from '../../data-text.ts';
import { because, type Reason } from '../../reason.ts';
import { joinPath, type SourceTree } from '../../tree.ts';
import type { Pubspec } from './pubspec.ts';

/** FVM's configuration (https://fvm.app/documentation/getting-started/configuration), and what it was before version 3. */
const FVM = ['.fvmrc', '.fvm/fvm_config.json'];

/** A version, a range or a channel, and nothing that means more to a shell or a URL. */
const PLAIN = /^[\w.^<>=@+ -]{1,40}$/;

export interface AskedFlutter {
  /** Null where nothing is asked for that could be had. */
  readonly version: string | null;
  readonly reasons: readonly Reason[];
}

/**
 * What FVM's configuration says, of the flavor before all flavors, in the project's folder or the nearest one above it; else
 * `environment` of pubspec.yaml.
 */
export function flutterVersion(tree: SourceTree, pubspec: Pubspec, flavor: string | null): AskedFlutter {
  for (const folder of tree.upward(tree.base)) {
    for (const name of FVM) {
      const path = joinPath(folder, name);
      const data = parseLooseJson(tree.text(path) ?? '');
      const own = flavor === null ? null : textAt(tableAt(data, 'flavors'), flavor);
      const version = own ?? textAt(data, 'flutter') ?? textAt(data, 'flutterSdkVersion');
      if (version !== null) return asked(version, path);
    }
  }
  return pubspec.flutter === null
    ? { version: null, reasons: [] }
    : asked(pubspec.flutter, 'environment in pubspec.yaml');
}

const asked = (version: string, by: string): AskedFlutter =>
  PLAIN.test(version)
    ? { version, reasons: [because('node', `Flutter: ${quoted(version)}, because ${by} says so.`)] }
    : {
        version: null,
        reasons: [
          because(
            'node',
            `Flutter: ${by} requests ${quoted(version)}, which is not a release. Using the version in the image.`,
          ),
        ],
      };
