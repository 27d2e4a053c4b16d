import * as vscode from 'vscode';
import { isActive, isSettled, type StepStatus } from '../migration/run';
import { commandId } from './ids';
import type { Sessions } from './sessions';
import type { StepNode } from './stepsTree';
import { STATE_LOOK } from './words';

/** Tells when a step that ran while this window looked on has ended: quietly when all is well and in sight. */
export class Notices implements vscode.Disposable {
  private active: string | undefined;
  private readonly following: vscode.Disposable;

  constructor(
    private readonly sessions: Sessions,
    private readonly view: vscode.TreeView<unknown>,
  ) {
    this.following = sessions.onDidChange(() => this.update());
  }

  private update(): void {
    const session = this.sessions.current;
    if (session?.connection.state !== 'connected') return;
    const ended = session.run.steps.find(({ step, state }) => step.id === this.active && !isActive(state));
    this.active = session.run.active?.step.id;
    if (ended) this.tell(ended);
  }

  private tell({ step, state, reason, check }: StepStatus): void {
    const well = isSettled(state);
    // Who cancelled a step knows it.
    if (state === 'cancelled' || (well && this.view.visible)) return;
    const node: StepNode = { kind: 'step', id: step.id };
    const text = [`${step.title}: ${STATE_LOOK[state].word}.`, reason, check?.result.evidence ?? '']
      .join(' ')
      .trim();
    const open = 'Open Step';
    const shown = well
      ? vscode.window.showInformationMessage(text, open)
      : vscode.window.showWarningMessage(text, open, 'Open Log');
    void shown.then((chosen) => {
      if (chosen)
        void vscode.commands.executeCommand(commandId(chosen === open ? 'openStepPage' : 'openLog'), node);
    });
  }

  dispose(): void {
    this.following.dispose();
  }
}
