import { runMocha } from '../harness/run-mocha';

/** Entry of the tests that run inside the extension host, with the whole extension API. */
export const run = (): Promise<void> => runMocha(() => import('./extension.suite'));
