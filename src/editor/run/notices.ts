import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Session } from '../../host/session';
import { isActive, isSettled, type StepStatus } from '../../migration/run';
import { commandId, type Command } from '../ids';
import { runKey } from './runKey';
import type { Sessions } from '../sessions';
import { isOffered } from '../steps/stepText';
import type { StepNode } from '../steps/tree';
import type { Terminals } from '../terminals/terminals';
import { STATE_LOOK } from '../words';

/** A button of a notice. */
interface Way {
  readonly title: string;
  readonly command: Command;
}

/** Tells when a step that ran while this window looked on has ended, quietly when all is well and in sight, and when it asks. */
export class Notices implements vscode.Disposable {
  /** What was seen of one run; nothing of it holds for another. */
  private run: string | undefined;
  private active: string | undefined;
  private asked: string | undefined;
  private readonly following: vscode.Disposable;

  constructor(
    private readonly sessions: Sessions,
    private readonly view: vscode.TreeView<unknown>,
    private readonly terminals: Terminals,
  ) {
    this.following = sessions.onDidChange(() => this.update());
  }

  private update(): void {
    const session = this.sessions.current;
    if (session?.connection.state !== 'connected') return;
    if (this.run !== runKey(session)) {
      this.run = runKey(session);
      this.active = undefined;
      this.asked = undefined;
    }
    const { active, steps } = session.run;
    const ended = steps.find(({ step, state }) => step.id === this.active && !isActive(state));
    this.active = active?.step.id;
    if (ended) this.tell(ended);
    const asks = active?.state === 'waiting' ? active.reason : undefined;
    if (active && asks !== undefined && asks !== this.asked) this.ask(session, active);
    this.asked = asks;
  }

  /** A step that waits for an answer gets none while nobody looks at its terminal. */
  private ask(session: Session, { step, reason, attempts }: StepStatus): void {
    const attempt = attempts.at(-1);
    if (!attempt || this.terminals.isInFront(session, step, attempt.number)) return;
    const show = l10n.t('Show Terminal');
    void vscode.window.showWarningMessage(`${step.title}: ${reason}`, show).then((chosen) => {
      if (chosen) this.terminals.show(session, step, attempt.number);
    });
  }

  private tell(status: StepStatus): void {
    const { step, state, reason, check } = status;
    const well = isSettled(state) || state === 'undone';
    // Who cancelled a step knows it.
    if (state === 'cancelled' || (well && this.view.visible)) return;
    const node: StepNode = { kind: 'step', id: step.id };
    const text = [`${step.title}: ${STATE_LOOK[state].word}.`, reason, check?.result.evidence ?? '']
      .join(' ')
      .trim();
    const open: Way = { title: l10n.t('Open Step'), command: 'openStepPage' };
    const log: Way = { title: l10n.t('Open Log'), command: 'openLog' };
    const files: Way = { title: l10n.t('Open Workflow Files'), command: 'openWorkflowFiles' };
    const shown = well
      ? vscode.window.showInformationMessage(text, open)
      : vscode.window.showWarningMessage(text, ...(isOffered('filing', status) ? [files] : []), open, log);
    void shown.then((chosen) => {
      if (chosen) void vscode.commands.executeCommand(commandId(chosen.command), node);
    });
  }

  dispose(): void {
    this.following.dispose();
  }
}
