/** The failure of a packager. The runner shows both texts: what is wrong, and what to do. */
export class PackFailure extends Error {
  name = 'PackFailure';

  /**
   * @param {string} message what is wrong, a sentence without its full stop
   * @param {string} hint what to do, with a full stop
   */
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}
