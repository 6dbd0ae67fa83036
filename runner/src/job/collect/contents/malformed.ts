/** A file that is not what its name says. */
export class MalformedFile extends Error {
  override readonly name = 'MalformedFile';
}
