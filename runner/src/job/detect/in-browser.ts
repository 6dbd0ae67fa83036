/** What of detection a page uses. Nothing that is imported from here may need Node. */
export { type Candidate, type Candidates, findCandidates } from './candidates.ts';
export { type NodeKind, SourceTree, wantedText } from './tree.ts';
