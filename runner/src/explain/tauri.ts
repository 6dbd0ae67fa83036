/** Tauri's own command: `       Error message`, after it has said the same without the word. */
import { byRules } from './rule.ts';

const say = ({ match }: { match: RegExpExecArray }) => match.groups?.why ?? match.input;

export const explainTauri = byRules([
  {
    when: /^\s{1,12}Error (?<why>You must change the bundle identifier\b.*)/,
    say,
    hint: 'Set a unique identifier in the Tauri configuration, such as com.example.app. It must not change later.',
  },
  {
    when: /^\s{1,12}Error (?<why>Unable to find your web assets\b.*)/,
    say,
    hint: 'The front end was not built into the folder in frontendDist of the Tauri configuration, which is relative to that file. Set beforeBuildCommand to build it.',
  },
  {
    when: /^\s{1,12}Error (?<why>[`'"].{0,200}[`'"] error: \S.*)/,
    say,
    hint: 'Fix the Tauri configuration at the reported location. `npx tauri migrate` converts a Tauri 1 configuration.',
  },
]);
