/** What the command line uses of the runner: it delivers outputs that were built elsewhere. */
export { type BuiltFrom, type Delivery, deliverPrebuilt } from './deliver.ts';
