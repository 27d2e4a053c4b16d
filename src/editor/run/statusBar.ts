import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isSettled, type RunStatus } from '../../migration/run';
import { PREFIX, STEPS_VIEW } from '../ids';
import type { Sessions } from '../sessions';
import { elapsedText, needsPerson } from '../steps/stepText';

/** How often the time that a step has run is renewed. */
const TICK_MS = 20_000;

/** What runs, and for how long. */
function activity({ active }: RunStatus): string {
  const last = active?.attempts.at(-1);
  if (!active) return '';
  if (active.state === 'waiting') return l10n.t`${active.step.title} waits for input`;
  return last ? `${active.step.title}, ${elapsedText(last)}` : active.step.title;
}

/** One item: how far the run is, and whether it needs somebody. */
export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    `${PREFIX}.progress`,
    vscode.StatusBarAlignment.Left,
    50,
  );
  private readonly following: vscode.Disposable;
  private readonly ticking = setInterval(() => {
    if (this.sessions.current?.run.active) this.update();
  }, TICK_MS);

  constructor(private readonly sessions: Sessions) {
    this.item.name = 'Kaapana Migration';
    this.item.command = `${STEPS_VIEW}.focus`;
    this.following = sessions.onDidChange(() => this.update());
  }

  private update(): void {
    const session = this.sessions.current;
    if (!session?.known) {
      this.item.hide();
      return;
    }
    const { run, connection } = session;
    const done = run.steps.filter(({ state }) => isSettled(state)).length;
    const waiting = run.steps.filter(({ state }) => needsPerson(state)).length;
    const lost = connection.state === 'lost';
    const attention = waiting === 1 ? l10n.t('1 needs attention') : l10n.t`${waiting} need attention`;
    const progress = `Kaapana ${done}/${run.steps.length}`;
    this.item.text = lost
      ? `$(debug-disconnect) ${progress} · ${l10n.t('connection lost')}`
      : run.active
        ? `${run.active.state === 'waiting' ? '$(comment-unresolved)' : '$(sync~spin)'} ${progress} · ${activity(run)}`
        : waiting > 0
          ? `$(warning) ${progress} · ${attention}`
          : `$(server) ${progress}`;
    this.item.tooltip = [
      l10n.t`${session.guide.from} → ${session.guide.to} on ${session.transport.label}`,
      ...(run.active ? [l10n.t`Running: ${activity(run)}`] : []),
      ...(waiting > 0 ? [attention] : []),
      ...(lost ? [l10n.t('The connection is lost; steps go on.')] : []),
    ].join('\n');
    this.item.accessibilityInformation = {
      label: l10n.t`Kaapana Migration, ${done} of ${run.steps.length} steps done. ${this.item.tooltip}`,
    };
    this.item.backgroundColor =
      waiting > 0 || lost ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.show();
  }

  dispose(): void {
    clearInterval(this.ticking);
    this.following.dispose();
    this.item.dispose();
  }
}
