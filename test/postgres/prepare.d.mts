/** The folder of a small Debian that has this version of PostgreSQL. */
export function postgresRoot(version: 15 | 17): string;

/** Installs PostgreSQL 15 and 17, each in a root of its own below the cache folder, once; rejects, saying what is missing. */
export function ensurePostgres(): Promise<void>;
