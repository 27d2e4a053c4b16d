import { existsSync } from 'node:fs';
import { NotPrepared } from './prepare.mjs';
import { which } from './run.mjs';

/** The oldest Go that builds all servers. */
export const GO = '1.24';

/** A server for tests needs neither paths nor symbols. */
export const BUILD_FLAGS = ['-trimpath', '-ldflags=-s -w'];

/** Where Go is; `why` is a sentence that tells who needs it when it is not there. */
export function goProgram(why) {
  const go = which('go') ?? ['/usr/local/go/bin/go'].find((file) => existsSync(file));
  if (go) return go;
  throw new NotPrepared(`${why} Go ${GO} or newer builds it. See https://go.dev/doc/install.`);
}
