/**
 * Timers of a program that is being loaded. A Worker has none before its first request, and throws: programs set them for
 * what shall happen much later, such as a limit on their own start. Those without a delay are due with the next
 * microtask; the others begin with the first request.
 */
let isLoading = true;
const waiting = new Map();

class LoadTimer {
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  hasRef() {
    return false;
  }
  refresh() {
    return this;
  }
  close() {
    waiting.delete(this);
    return this;
  }
  [Symbol.dispose]() {
    waiting.delete(this);
  }
}

function replace(set, clear) {
  const setNow = globalThis[set];
  const clearNow = globalThis[clear];
  globalThis[set] = (callback, ...args) => {
    if (!isLoading) return setNow(callback, ...args);
    const timer = new LoadTimer();
    const isDue = set === 'setImmediate' || (set === 'setTimeout' && !(args[0] > 1));
    const start = () => setNow(callback, ...args);
    waiting.set(timer, start);
    if (isDue) {
      const values = set === 'setImmediate' ? args : args.slice(1);
      queueMicrotask(() => waiting.delete(timer) && callback(...values));
    }
    return timer;
  };
  globalThis[clear] = (timer) => {
    if (timer instanceof LoadTimer) waiting.delete(timer);
    else clearNow(timer);
  };
}

replace('setTimeout', 'clearTimeout');
replace('setInterval', 'clearInterval');
replace('setImmediate', 'clearImmediate');

/** In a request: from now on timers are those of the platform. */
export function startTimers() {
  isLoading = false;
  for (const start of waiting.values()) start();
  waiting.clear();
}
