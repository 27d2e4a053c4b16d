import type { Check } from './check';
import { envClash, networkLabel, sendForm } from './forms';
import { derivedElsewhere, foreignClass, gone } from './imports';
import { keywords, missing, positional } from './keywords';

/** The checks by the code of their rule. */
export const CHECKS: Readonly<Record<string, Check>> = {
  'KAP-KW-REJECTED': (rule, facts) => keywords(rule, facts, 'rejected'),
  'KAP-KW-CONFLICT': (rule, facts) => keywords(rule, facts, 'conflict'),
  'KAP-KW-POSITIONAL': positional,
  'KAP-KW-MISSING': missing,
  'KAP-IMPORT-GONE': gone,
  'KAP-ENV-CLASH': envClash,
  'KAP-DCMSEND-FORM': sendForm,
  'KAP-NETLABEL': networkLabel,
  'KAP-FOREIGN-CLASS': foreignClass,
  'KAP-SUBCLASS': derivedElsewhere,
};
