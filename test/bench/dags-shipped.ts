import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bundle } from '../dags/bundle';
import type * as Core from './dags-core';

const { file, remove } = bundle(join(import.meta.dirname, 'dags-core'));

/**
 * The analysis as it ships, bundled and minified: what runs the benches from their sources gives every function its name
 * as it is made, which takes half as long again.
 */
export const { analyze, OpenDocument, Workspace } = createRequire(import.meta.url)(file) as typeof Core;

remove();
