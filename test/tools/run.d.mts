/** Where `command` is on the PATH (system folders included), or undefined. */
export function which(command: string): string | undefined;

/** The environment without what an outer `npm run` adds. */
export function plainEnv(extra?: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
