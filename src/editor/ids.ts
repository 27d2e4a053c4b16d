import type { Action } from '../../webview/protocol';

/** Commands of the extension, as `package.json` contributes them; a test holds the two together. */
export const COMMANDS = [
  'chooseHost',
  'chooseGuide',
  'login',
  'reconnect',
  'disconnect',
  'checkAll',
  'runStep',
  'checkStep',
  'previewStep',
  'showTerminal',
  'openLog',
  'cancelStep',
  'markByHand',
  'skipStep',
  'reopenStep',
  'undoStep',
  'openStepPage',
  'openOverview',
  'editValues',
  'exportReport',
  'verifyRun',
  'showContainerLog',
  'describeObject',
  'restartPod',
  'openWebFace',
  'showChanges',
  'refreshPlatform',
  'openWorkflowFiles',
  'saveWorkflowFiles',
  'fixDags',
  'fixDagsWithReview',
  'restartDagServer',
  'showLog',
] as const;

export type Command = (typeof COMMANDS)[number];

/** The command behind each action of a step's page. */
export const COMMAND_OF: Readonly<Record<Action, Command>> = {
  run: 'runStep',
  preview: 'previewStep',
  check: 'checkStep',
  terminal: 'showTerminal',
  log: 'openLog',
  cancel: 'cancelStep',
  byHand: 'markByHand',
  skip: 'skipStep',
  reopen: 'reopenStep',
  undo: 'undoStep',
  openFiles: 'openWorkflowFiles',
  saveFiles: 'saveWorkflowFiles',
};

/** Prefix of commands, settings, views and context keys. */
export const PREFIX = 'kaapanaMigration';

export const commandId = (command: Command): string => `${PREFIX}.${command}`;

export const STEPS_VIEW = `${PREFIX}.steps`;
export const PLATFORM_VIEW = `${PREFIX}.platform`;

/** What the Steps view shows when it has no steps to show, and which commands make sense. */
export type ViewState =
  'noHost' | 'untrusted' | 'connecting' | 'connected' | 'closed' | 'failed' | ToldReason;

/** Problems that have a welcome text of their own. */
export const TOLD_REASONS = [
  'needs-login',
  'no-ssh',
  'host-key-changed',
  'unreachable',
  'unknown-host',
  'not-writable',
  'no-space',
  'missing-tool',
  'damaged',
] as const;
type ToldReason = (typeof TOLD_REASONS)[number];
