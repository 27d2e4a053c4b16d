/** Where the server and the command are, or undefined where they were not prepared. */
export function minioTools(): { server: string; command: string } | undefined;

/** Builds a MinIO server and fetches the command mc into the cache folder, once. */
export function ensureMinio(): Promise<void>;
