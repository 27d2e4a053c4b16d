import { config } from '@vscode/l10n';
import * as vscode from 'vscode';

/** Words in the editor's language; none where that is English. Handed on to pages and processes, which have no `vscode`. */
export const bundle = vscode.l10n.bundle ?? {};

config({ contents: bundle });

/** Lets something be written in English: what is filed or kept on the host reads the same for everybody. */
export function inEnglish<T>(write: () => T): T {
  config({ contents: {} });
  try {
    return write();
  } finally {
    config({ contents: bundle });
  }
}
