/** Stands for the module `electron` on macOS: its native updater, which takes part in nothing that these tests check. */
const { EventEmitter } = require('node:events');

const nothing = () => undefined;

const autoUpdater = Object.assign(new EventEmitter(), {
  setFeedURL: nothing,
  checkForUpdates: nothing,
  quitAndInstall: nothing,
});

module.exports = { autoUpdater };
