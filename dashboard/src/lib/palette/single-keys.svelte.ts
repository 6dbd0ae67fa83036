/** The choice is kept in this browser: keyboards and assistive software differ from one to the other. */
const KEY = 'appflux.single-keys';

/** Whether shortcuts without Ctrl or ⌘ count. Software for speech input types them by accident (WCAG 2.2, 2.1.4). */
class SingleKeys {
  #on = $state(read());

  get on(): boolean {
    return this.#on;
  }

  set on(on: boolean) {
    this.#on = on;
    try {
      if (on) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, 'off');
    } catch {
      // Storage is blocked or full: the choice lasts until the page is closed.
    }
  }
}

function read(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    // Storage is blocked in this browser: nothing was chosen.
    return true;
  }
}

export const singleKeys = new SingleKeys();
