import * as l10n from '@vscode/l10n';
/** Everything that can stand between the editor and the host. */
export type Reason =
  | 'no-ssh'
  | 'bad-host'
  | 'unreachable'
  | 'unknown-host'
  | 'host-key-changed'
  | 'needs-login'
  | 'connection-lost'
  | 'not-writable'
  | 'no-space'
  | 'missing-tool'
  | 'upload-failed'
  | 'busy'
  | 'held'
  | 'not-proven'
  | 'inside-platform'
  | 'built-upon'
  | 'no-way-back'
  | 'kills-processes'
  | 'plan-changed'
  | 'launch-failed'
  | 'not-running'
  | 'still-running'
  | 'no-log'
  | 'no-copy'
  | 'no-platform'
  | 'bad-request'
  | 'damaged'
  | 'unreadable';

/** What a person can do about each: one next action. */
const NEXT: Readonly<Record<Reason, string>> = {
  'no-ssh': l10n.t('Install the OpenSSH client, or name it in the setting "Kaapana Migration: Ssh Path".'),
  'bad-host': l10n.t('Choose the host again: a name, user@name, or an alias of your ssh configuration.'),
  unreachable: l10n.t(
    'Check that the host is up, that its name and port are right and that no firewall stands between.',
  ),
  'unknown-host': l10n.t('Check the spelling of the host, or add it to your ssh configuration.'),
  'host-key-changed': l10n.t(
    'Nothing was sent. Ask who runs the host whether it was reinstalled, and compare the fingerprint. Only then remove the old key with ssh-keygen -R.',
  ),
  'needs-login': l10n.t('Log in: a terminal opens and asks there.'),
  'connection-lost': l10n.t('Steps that were started go on. Reconnect to see where they are.'),
  'not-writable': l10n.t('Give your account on the host a home folder that it can write, then try again.'),
  'no-space': l10n.t('Free space on the host, then try again. Nothing was started.'),
  'missing-tool': l10n.t('Install it on the host, then try again. Nothing was started.'),
  'upload-failed': l10n.t('Try again. Nothing was started.'),
  busy: l10n.t('One step runs at a time. Wait until it has ended, or look at it in its terminal.'),
  held: l10n.t('Talk to them first. Then take the run over; the journal records it.'),
  'not-proven': l10n.t(
    'Run those steps, or check them, or mark them as done by hand; then come back to this one.',
  ),
  'inside-platform': l10n.t(
    'Nothing was started. Open VS Code on another machine, install this extension, choose the same host: it shows this very run, and goes on from here.',
  ),
  'built-upon': l10n.t('Take those back first, the last one first.'),
  'no-way-back': l10n.t('Nothing was started.'),
  'kills-processes': l10n.t(
    'As root on the host, set KillUserProcesses=no in /etc/systemd/logind.conf, run systemctl restart systemd-logind, and try again.',
  ),
  'plan-changed': l10n.t(
    'Look at what changed, then continue the run with the new step texts, or install the earlier version.',
  ),
  'launch-failed': l10n.t('Run the check of this step before you try again.'),
  'not-running': l10n.t('Refresh the view.'),
  'still-running': l10n.t('Log in to the host and look at its processes before you go on.'),
  'no-log': l10n.t('Refresh the view.'),
  'no-copy': l10n.t('Run the step again: it keeps what it finds.'),
  'no-platform': l10n.t('Open the Platform view and wait until it shows the platform, then try again.'),
  'bad-request': l10n.t('Report this: the extension and its runner do not agree.'),
  damaged: l10n.t('Install the extension again.'),
  unreadable: l10n.t(
    'Look at what the account prints at login on the host, and at the log of this extension.',
  ),
};

/** A problem on the way to the host or on it: what happened, and the one thing to do next. */
export class HostProblem extends Error {
  override readonly name = 'HostProblem';
  readonly next: string;

  constructor(
    readonly reason: Reason,
    message: string,
  ) {
    super(message);
    this.next = NEXT[reason];
  }
}

/** The problem's reason where the runner named it; `unreadable` for one that this version does not know. */
export const asReason = (text: unknown): Reason =>
  typeof text === 'string' && Object.hasOwn(NEXT, text) ? (text as Reason) : 'unreadable';
