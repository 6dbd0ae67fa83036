/** The sample project, `samples/first-light`, as a folder. Loaded on demand: its files are part of this module. */
import { fromTexts, type SourceFolder } from '#lib/upload/source-tree.ts';

const TOP = '../../../../samples/first-light/';

/** Names that begin with a dot are only found by their own patterns. */
const texts = import.meta.glob<string>(
  [
    '../../../../samples/first-light/*',
    '../../../../samples/first-light/.gitignore',
    '../../../../samples/first-light/src/*',
  ],
  { query: '?raw', import: 'default', eager: true },
);

/** The folder of the sample project. */
export const sampleFolder = (): SourceFolder =>
  fromTexts(
    'first-light',
    Object.fromEntries(Object.entries(texts).map(([path, text]) => [path.slice(TOP.length), text])),
  );
