/** Neutralinojs: web pages beside a small program that is fetched, not built. */
import { parseLooseJson, tableAt, textAt } from '../../data-text.ts';
import { DESKTOP_IMAGE } from '../../images.ts';
import { allDependencies } from '../../package-json.ts';
import { because } from '../../reason.ts';
import { insidePath, joinPath } from '../../tree.ts';
import { ownPackage, type Rule } from '../rule.ts';
import { runAnyProgram } from '../shell.ts';

const CONFIG = 'neutralino.config.json';

/** https://neutralino.js.org/docs/cli/neu-cli and https://neutralino.js.org/docs/distribution/overview. */
export const neutralinoRule: Rule = {
  frameworks: ['neutralino'],
  types: ['desktop'],
  looksFor: `Neutralinojs (${CONFIG})`,
  find(subject) {
    const { tree, manager } = subject;
    const path = joinPath(tree.base, CONFIG);
    const text = tree.text(path);
    if (text === null) return null;
    const hasBinaries = tree.names(joinPath(tree.base, 'bin')).some((name) => /^neutralino-/.test(name));
    if (!hasBinaries && !subject.hasOwnImage) {
      return {
        refusal:
          'Neutralinojs is not supported for this project: "neu update" downloads its binaries from GitHub, which builds can’t reach, and the folder bin has none.',
        hint: 'Run "neu update", commit the folder bin, and deploy again.',
      };
    }
    const config = parseLooseJson(text);
    const configured = textAt(tableAt(config, 'cli'), 'distributionPath') ?? 'dist';
    const folder = insidePath('', configured.replace(/^\/+/, '')) ?? 'dist';
    const pkg = ownPackage(subject);
    const isInstalled = pkg !== null && allDependencies(pkg)['@neutralinojs/neu'] !== undefined;
    const command = runAnyProgram(
      manager,
      isInstalled,
      isInstalled ? 'neu build --release' : '@neutralinojs/neu build --release',
    );
    return {
      type: 'desktop',
      framework: 'neutralino',
      image: DESKTOP_IMAGE,
      needsInstall: isInstalled,
      buildCommand: command,
      outputs: [`${folder}/*.zip`],
      version: textAt(config, 'version'),
      reasons: [
        because('framework', `Framework: Neutralinojs, because of ${path}.`),
        because('build', `Build command: ${command}, with the binaries in bin.`),
      ],
    };
  },
};
