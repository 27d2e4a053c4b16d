import * as l10n from '@vscode/l10n';
import type { Parameter } from '../../migration/guide';
import type { Found } from './values';

/** What is offered for a value that nobody has confirmed: what was found on the host, else the usual one. */
export const offeredValue = (
  { name, default: usual }: Parameter,
  found: ReadonlyMap<string, Found>,
): Found | undefined =>
  found.get(name) ?? (usual === undefined ? undefined : { value: usual, source: l10n.t('the usual value') });
