import * as l10n from '@vscode/l10n';

/** Workflow files on their way from the host to an editor and back: the lists by which a step and an editor exchange them. */

/** A file that a step found to need work. */
export interface WorkflowFile {
  /** Below the platform's folder of workflows, with slashes. */
  readonly name: string;
  /** `calls`: it has calls that the new version does not have. Else in the host's words: how it fails, or why it cannot be had. */
  readonly why: string;
  /** Of its content as the step kept it; absent where the step could not keep it. */
  readonly sha256?: string;
}

export interface WorkflowFiles {
  /** The platform's folder of workflows on the host. */
  readonly folder: string;
  readonly files: readonly WorkflowFile[];
}

/** That a file has been changed in the editor: what it was when the step kept it, and what it shall be. */
export interface Replacement {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Names under which the step keeps what the editor reads, and finds what the editor hands over. */
export const FETCHED = 'dag-files/fetched';
export const HANDED = 'dag-files/handed';
export const REPLACED = 'dag-files/replaced';
export const contentName = (sha256: string): string => `dag-files/files/${sha256}`;

const SHA256 = /^[0-9a-f]{64}$/;

/** Whether a name leads to a file below a folder and nowhere else, on every system that an editor runs on. */
export const isInnerName = (name: string): boolean =>
  !/\\|^[A-Za-z]:/.test(name) &&
  name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));

/** Reads what the step found. A file whose name leads elsewhere is told, and never had. */
export function parseWorkflowFiles(text: string): WorkflowFiles {
  const [head, ...files] = rows(text);
  return {
    folder: head?.[0] === 'folder' ? (head[1] ?? '') : '',
    files: files.map(([sha256 = '', why = '', name = '']) => {
      if (!isInnerName(name)) return { name, why: l10n.t('its name leads elsewhere') };
      return SHA256.test(sha256) ? { name, why, sha256 } : { name, why };
    }),
  };
}

/** Reads what the step has replaced. */
export const parseReplacements = (text: string): Replacement[] =>
  rows(text).flatMap(([before, after, name]) =>
    before !== undefined && after !== undefined && name !== undefined ? [{ before, after, name }] : [],
  );

/** The list by which an editor hands changed files over; an empty one takes back what was handed over before. */
export const handOver = (replacements: readonly Replacement[]): string =>
  replacements.map(({ before, after, name }) => `${before}\t${after}\t${name}\n`).join('');
