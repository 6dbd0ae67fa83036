/** Bytes of the artifacts in storage, as a round that began at `at` (Unix milliseconds) found them. */
export interface Measured {
  artifactBytes: number;
  at: number;
}
