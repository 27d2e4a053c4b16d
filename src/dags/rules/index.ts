import checks from './checks.json';
import extensions from './extensions.json';
import imports from './imports.json';
import localDelete from './local-delete.json';
import localInput from './local-input.json';
import localJson2Meta from './local-json2meta.json';
import localMinio from './local-minio.json';
import localRefSeries from './local-ref-series.json';
import minio from './minio.json';
import operators from './operators.json';
import strings from './strings.json';
import type { Rule } from './types';

const PAIRS = [localDelete, localInput, localRefSeries, localJson2Meta, localMinio];
const FILES = [...PAIRS, operators, minio, extensions, imports, strings, checks];

/** All rules that ship with the extension. `rule.schema.json` says what they may look like, a test holds them to it. */
export const RULES: readonly Rule[] = FILES.flatMap((file) => file.rules as unknown as readonly Rule[]);
