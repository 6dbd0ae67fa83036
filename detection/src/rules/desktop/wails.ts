/** Wails: recognized for a helpful error, and built only with an image that has it. */
import { parseLooseJson, tableAt, textAt } from '../../data-text.ts';
import { DESKTOP_IMAGE } from '../../images.ts';
import { because } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import type { Rule } from '../rule.ts';

/** https://wails.io/docs/reference/project-config and https://wails.io/docs/reference/cli#build. */
export const wailsRule: Rule = {
  frameworks: ['wails'],
  types: ['desktop'],
  looksFor: 'Wails (wails.json)',
  find(subject) {
    const { tree } = subject;
    const path = joinPath(tree.base, 'wails.json');
    const text = tree.text(path);
    if (text === null) return null;
    if (!subject.hasOwnImage) {
      return {
        refusal: 'Wails is not supported: no builder image of AppFlux has Go and the Wails CLI.',
        hint: 'Set an image that has wails in the app or in appflux.json. Then set the build command to "wails build" and outputs to build/bin.',
      };
    }
    return {
      type: 'desktop',
      framework: 'wails',
      image: DESKTOP_IMAGE,
      needsInstall: false,
      buildCommand: 'wails build',
      outputs: ['build/bin/*'],
      version: textAt(tableAt(parseLooseJson(text), 'info'), 'productVersion'),
      reasons: [because('framework', `Framework: Wails, because of ${path}.`)],
    };
  },
};
