/** Loaded with `--import` into every Node of the build command. */
import * as nodeModule from 'node:module';
import { load, resolve } from './hooks.mjs';

// Node 20 and the first ones of 22 only have `register`.
if (nodeModule.registerHooks !== undefined) nodeModule.registerHooks({ load, resolve });
else nodeModule.register('./hooks.mjs', import.meta.url);
