/** Tauri's own command: `       Error message`, after it has said the same without the word. */
import { byRules } from './rule.ts';

const say = ({ match }: { match: RegExpExecArray }) => match.groups?.why ?? match.input;

export const explainTauri = byRules([
  {
    when: /^\s{1,12}Error (?<why>You must change the bundle identifier\b.*)/,
    say,
    hint: 'Give the app an identifier of its own in the configuration of Tauri, such as com.example.app: it must not change later.',
  },
  {
    when: /^\s{1,12}Error (?<why>Unable to find your web assets\b.*)/,
    say,
    hint: 'The front end was not built where frontendDist in the configuration of Tauri says, a path from the folder of that file. beforeBuildCommand there builds it.',
  },
  {
    when: /^\s{1,12}Error (?<why>[`'"].{0,200}[`'"] error: \S.*)/,
    say,
    hint: 'Correct the configuration of Tauri where the message says; `npx tauri migrate` brings one of Tauri 1 up to date.',
  },
]);
