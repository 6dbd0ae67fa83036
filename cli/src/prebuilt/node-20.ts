/** What the runner's code uses and Node has only since version 22. Import it before that code. */

// Promise.withResolvers of ECMAScript 2024.
if (!('withResolvers' in Promise)) {
  Object.defineProperty(Promise, 'withResolvers', {
    configurable: true,
    writable: true,
    value: function withResolvers<T>() {
      let resolve: PromiseWithResolvers<T>['resolve'] = () => undefined;
      let reject: PromiseWithResolvers<T>['reject'] = () => undefined;
      const promise = new Promise<T>((fulfil, refuse) => {
        resolve = fulfil;
        reject = refuse;
      });
      return { promise, resolve, reject };
    },
  });
}
