/** Packing a folder as a source, as far as it needs neither Node nor a browser. */
export { IGNORE_FILES, IgnoreRules, type IgnoreTexts } from './ignore-rules.ts';
export { ENTRY_TIME, keepsItsFolder, MARKER_FOLDER, nameProblem } from './layout.ts';
