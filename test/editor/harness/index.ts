export type { EditorVersion } from '../../tools/code-server.mjs';
export { closeBrowser } from './browser';
export { COLOR_THEMES, startEditor, type ColorTheme, type Editor, type EditorOptions } from './editor';
export { bundleExtensionTests, DEVELOPMENT_PATH } from './extension-bundle';
export { runExtensionTests, type ExtensionTestsOptions, type ExtensionTestsResult } from './extension-tests';
export { testIn } from './testIn';
export { PATIENCE_MS, until } from './wait';
export { openWorkbench, Workbench, type WorkbenchOptions } from './workbench';
