/**
 * The rules in the order in which they run. The first that recognizes the project decides, so rules that build
 * upon something else come before it: an Expo app is a React Native app, and most of them are also web projects.
 */
import { capacitorRule } from './android/capacitor.ts';
import { cordovaRule } from './android/cordova.ts';
import { expoRule } from './android/expo.ts';
import { nativeAndroidRule } from './android/native.ts';
import { reactNativeRule } from './android/react-native.ts';
import { electronRule } from './desktop/electron.ts';
import { executableRule } from './desktop/executable.ts';
import { neutralinoRule } from './desktop/neutralino.ts';
import { tauriRule } from './desktop/tauri.ts';
import { wailsRule } from './desktop/wails.ts';
import { flutterRule } from './flutter/flutter.ts';
import type { Rule } from './rule.ts';
import { webRule } from './web/index.ts';

export const RULES: readonly Rule[] = [
  flutterRule,
  tauriRule,
  wailsRule,
  neutralinoRule,
  electronRule,
  expoRule,
  reactNativeRule,
  capacitorRule,
  cordovaRule,
  nativeAndroidRule,
  executableRule,
  webRule,
];
