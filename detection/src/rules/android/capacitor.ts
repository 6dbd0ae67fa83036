/** Capacitor, and Ionic on it: a web app in an Android shell. */
import { ANDROID_IMAGE } from '../../images.ts';
import { allDependencies, type PackageJson } from '../../package-json.ts';
import { runProgram } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import { type Outcome, ownPackage, type Rule, type Subject } from '../rule.ts';
import { inOrder } from '../shell.ts';
import { generatedGradlePart, gradlePartIn } from './gradle-part.ts';
import { webCommand } from './web-part.ts';

const CONFIGS = ['capacitor.config.ts', 'capacitor.config.js', 'capacitor.config.json'];

/** https://capacitorjs.com/docs/android: build the web part, copy it in (`cap sync`), run Gradle. */
export const capacitorRule: Rule = {
  frameworks: ['capacitor', 'ionic'],
  types: ['android'],
  looksFor: 'Capacitor',
  async find(subject) {
    const pkg = ownPackage(subject);
    if (pkg === null) return null;
    const config = subject.tree.firstFile(subject.tree.base, CONFIGS);
    if (config === null && allDependencies(pkg)['@capacitor/core'] === undefined) return null;
    return findIn(subject, pkg, config);
  },
};

async function findIn(subject: Subject, pkg: PackageJson, config: string | null): Promise<Outcome> {
  const { tree, manager } = subject;
  const dependencies = allDependencies(pkg);
  const kept = gradlePartIn(subject, 'android');
  const canBeMade = dependencies['@capacitor/android'] !== undefined && config !== null;
  if (kept === null && !canBeMade) {
    // Of a web app that Capacitor wraps for other systems only, the web part is what can be built.
    if (subject.type !== 'android' && subject.framework === null) return null;
    return {
      refusal: 'This Capacitor project has no Android platform.',
      hint: 'Install @capacitor/android, run "npx cap add android", commit, and deploy again.',
    };
  }
  const part = kept ?? generatedGradlePart('android');
  const web = await webCommand(subject, pkg);
  const copy = runProgram(manager, kept === null ? 'cap add android' : 'cap sync android');
  const command = inOrder(web, copy, part.command);
  const isIonic = Object.keys(dependencies).some((name) => /^@ionic\/(?!cli)/.test(name));
  const java = part.java === null ? javaFor(dependencies['@capacitor/android'] ?? '') : null;
  const why = config ?? `${joinPath(tree.base, 'package.json')}, which depends on @capacitor/core`;
  return {
    type: 'android',
    framework: isIonic ? 'ionic' : 'capacitor',
    image: ANDROID_IMAGE,
    needsInstall: true,
    buildCommand: command,
    outputs: part.outputs,
    version: part.version === '1.0' ? null : part.version,
    java: java?.version ?? part.java,
    reasons: [
      because(
        'framework',
        `Framework: ${isIonic ? 'Ionic with Capacitor' : 'Capacitor'}, because of ${why}.`,
      ),
      ...(java === null ? [] : [because('node', java.why)]),
      ...part.reasons.filter(({ about }) => about !== 'build'),
      because(
        'build',
        `Build command: ${command}; ${web === null ? 'the web app needs no build' : 'builds the web app first'}, then ${kept === null ? 'generates the folder android' : 'copies it into the folder android'}.`,
      ),
    ],
  };
}

/** Capacitor's own module is compiled for Java 21 since its version 7 (https://capacitorjs.com/docs/updating/7-0). */
function javaFor(wanted: string): { version: string; why: string } | null {
  const [, major] = /^[\^~>=v ]{0,5}(\d{1,4})/.exec(wanted) ?? [];
  if (major === undefined || Number(major) < 7) return null;
  return { version: '21', why: `Java: 21, because Capacitor ${major} requires it.` };
}
