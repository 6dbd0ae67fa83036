/** Cordova, and Ionic on it. */
import { ANDROID_IMAGE } from '../../images.ts';
import { allDependencies } from '../../package-json.ts';
import { runScript } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import { ownPackage, type Rule } from '../rule.ts';
import { inOrder, runAnyProgram } from '../shell.ts';

/** The root element of Cordova's configuration (https://cordova.apache.org/docs/en/latest/config_ref/). */
const WIDGET = /<widget\b([^>]{0,2000})>/;
const ANDROID_ENGINE = /<(?:engine|platform)\s{1,9}name=["']android["']/;
const VERSION = /(?:^|\s)version\s{0,9}=\s{0,9}["']([^"'<>]{1,100})["']/;

/** https://cordova.apache.org/docs/en/latest/reference/cordova-cli/. */
export const cordovaRule: Rule = {
  frameworks: ['cordova'],
  types: ['android'],
  looksFor: 'Cordova (config.xml)',
  find(subject) {
    const { tree, manager } = subject;
    const path = joinPath(tree.base, 'config.xml');
    const text = tree.text(path) ?? '';
    const widget = WIDGET.exec(text);
    if (widget === null) return null;
    const pkg = ownPackage(subject);
    const dependencies = pkg === null ? {} : allDependencies(pkg);
    const isIonic = Object.keys(dependencies).some((name) => /^@ionic\/(?!cli)/.test(name));
    const hasPlatform =
      dependencies['cordova-android'] !== undefined ||
      ANDROID_ENGINE.test(text) ||
      tree.isFolder(joinPath(tree.base, 'platforms/android'));
    const cordova = (command: string) => runAnyProgram(manager, dependencies.cordova !== undefined, command);
    // `prepare` restores the platforms that package.json names; else the newest is added.
    const prepare = cordova(hasPlatform ? 'cordova prepare android' : 'cordova platform add android');
    // Plain Cordova keeps its pages in www; with a framework around it, its build script writes them there.
    const web =
      (pkg?.scripts.build ?? '').trim() !== '' && !/\bcordova\b/.test(pkg?.scripts.build ?? '')
        ? runScript(manager, 'build')
        : null;
    const build = cordova('cordova build android --release -- --packageType=apk');
    const command = inOrder(web, prepare, build);
    const folder = 'platforms/android/app/build/outputs';
    return {
      type: 'android',
      framework: isIonic ? 'ionic' : 'cordova',
      image: ANDROID_IMAGE,
      needsInstall: pkg !== null,
      buildCommand: command,
      outputs: [`${folder}/apk/**/*.apk`, `${folder}/bundle/**/*.aab`],
      version: VERSION.exec(widget[1] ?? '')?.[1] ?? null,
      reasons: [
        because('framework', `Framework: ${isIonic ? 'Ionic with Cordova' : 'Cordova'}, because of ${path}.`),
        because('build', `Build command: ${command}.`),
      ],
    };
  },
};
