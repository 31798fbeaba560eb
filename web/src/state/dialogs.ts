import { createStore } from '../lib/store';

/** Whether the list of keys is shown. */
export const helpOpen = createStore(false);
