/** Cargo and rustc. */
import { byFirstLine, byRules, either, following, group, withPlaceAfter } from './rule.ts';

const PLACE = /^\s*--> (\S+:\d+:\d+)/;

/** A library of the system: said in so many lines that other rules would find their own words among them. */
export const explainMissingLibrary = byRules([
  {
    when: /^\s*The system library `(?<name>[^`]+)` required by crate `(?<crate>[^`]+)` was not found/,
    hint: (found) =>
      `The image has no ${group(found, 'name')}. Use an image with its development package, or a version of ${group(found, 'crate')} that bundles it.`,
  },
]);

export const explainCargo = either(
  byRules([
    {
      when: /unable to find library -l(?<name>\S+)|cannot find -l(?<other>\S+?):?(?: |$)/,
      say: (found) => `The linker can’t find the library ${group(found, 'name') || group(found, 'other')}`,
      hint: 'Use an image with the development package of that library.',
    },
    {
      when: /^error: failed to run custom build command for `(?<crate>[^`]+)`/,
      say: (found) => {
        const why = following(found, /panicked at \S+:\d+:\d+:$/, 60);
        const text = why === null ? undefined : found.lines[found.lines.indexOf(why.input, found.index) + 1];
        return `The build script of ${group(found, 'crate')} failed${text === undefined ? '' : `: ${text.trim()}`}`;
      },
      hint: 'The following log lines are the output of the build script. Often a variable, a program or a library is missing.',
    },
    {
      when: /^error\[E0463\]: can't find crate for `(?:std|core)`/,
      say: (found) => following(found, /the `\S+` target may not be installed/, 4)?.[0] ?? found.match.input,
      hint: 'The image has no standard library for that target. Build for another target, or use an image that has it.',
    },
    {
      when: /^error: failed to select a version for (?:the requirement )?`(?<name>[^`]+)`/,
      hint: 'No version matches. Correct it in Cargo.toml, run `cargo update` and commit Cargo.lock.',
    },
    {
      when: /^error: no such command: `(?<name>[^`]+)`/,
      hint: (found) =>
        group(found, 'name') === 'tauri'
          ? 'Add @tauri-apps/cli to the devDependencies and build with `npx tauri build`.'
          : `The image has no cargo-${group(found, 'name')}. Use an image that has it, or another command.`,
    },
    {
      when: /^error: no matching package named `(?<name>[^`]+)` found/,
      hint: (found) => `The crate ${group(found, 'name')} doesn’t exist. Check its name in Cargo.toml.`,
    },
    {
      when: /^error: (?:cannot create|cannot update|the) (?:the )?lock file .{0,200}(?:--locked|needs to be updated)/,
      say: () => 'Cargo.lock is missing or doesn’t match Cargo.toml',
      hint: 'Run `cargo build` and commit Cargo.lock together with Cargo.toml.',
    },
    {
      when: /(?:rustc \S+ is not supported by the following package|requires rustc (?<wanted>\S+) or newer|feature `edition\d+` is required|rust-version \S+ is incompatible)/,
      hint: 'Set a Rust version that the image has in rust-toolchain.toml, or use an older version of the crate.',
    },
    {
      when: /^error: failed to parse manifest at |^error: (?=.*expected )(?:unclosed|invalid|expected|duplicate|extra|missing)/,
      say: (found) => {
        const cause = following(found, /^ {2}(\w.*)/, 4)?.[1];
        return cause === undefined ? withPlaceAfter(PLACE)(found) : `Cargo.toml: ${cause}`;
      },
      hint: 'Fix the code at the location shown.',
    },
    {
      when: /^error: linking with `[^`]+` failed/,
      say: (found) =>
        following(found, /(?:ld|collect2|lld|note): (?:error: )?((?:undefined|cannot|unable).*)/, 20)?.[1] ??
        found.match.input,
      hint: 'The following log lines are the output of the linker.',
    },
  ]),
  byFirstLine([
    {
      when: /^error\[E(?:0432|0433)\]: .{0,120}(?:`(?<name>\w+)`)/,
      say: withPlaceAfter(PLACE),
      hint: (found) =>
        `Add the crate with \`cargo add ${group(found, 'name')}\`, or correct the path, and commit Cargo.lock.`,
    },
    {
      when: /^error\[E\d{4}\]: /,
      say: withPlaceAfter(PLACE),
      hint: 'Fix the code at the location shown; `rustc --explain` with the code says more.',
    },
    {
      when: /^error: (?!could not compile|aborting|process didn't)\S/,
      say: withPlaceAfter(PLACE),
      hint: 'The following log lines say more.',
    },
  ]),
);
