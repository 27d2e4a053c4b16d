import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Program } from '../../host/transport';
import type { Session } from '../../host/session';
import type { Step } from '../../migration/guide';
import { attemptKey } from '../run/runKey';

/** Owns the terminals: one for a login, one for each attempt that is looked at. A terminal is a view, never the job. */
export class Terminals implements vscode.Disposable {
  private readonly views = new Map<string, vscode.Terminal>();
  private readonly closing: vscode.Disposable;
  private readonly loginEnded = new vscode.EventEmitter<undefined>();
  readonly onDidEndLogin = this.loginEnded.event;
  private login: vscode.Terminal | undefined;

  constructor() {
    this.closing = vscode.window.onDidCloseTerminal((terminal) => {
      if (terminal === this.login) {
        this.login = undefined;
        this.loginEnded.fire(undefined);
      }
      for (const [key, view] of this.views) if (view === terminal) this.views.delete(key);
    });
  }

  private create(name: string, icon: string, { file, args }: Program): vscode.Terminal {
    const terminal = vscode.window.createTerminal({
      name,
      shellPath: file,
      shellArgs: [...args],
      iconPath: new vscode.ThemeIcon(icon),
      isTransient: true,
    });
    terminal.show();
    return terminal;
  }

  /** Opens the terminal in which ssh asks for password, code and host key. */
  openLogin(host: string, program: Program): void {
    const name = l10n.t`Log in to ${host}`;
    if (this.login?.name === name) {
      this.login.show();
      return;
    }
    this.login?.dispose();
    this.login = this.create(name, 'key', program);
  }

  private viewOf(session: Session, step: Step, attempt: number): vscode.Terminal | undefined {
    return this.views.get(attemptKey(session, step.id, attempt));
  }

  /** Whether an attempt's terminal is the one that is shown. */
  isInFront(session: Session, step: Step, attempt: number): boolean {
    const view = this.viewOf(session, step, attempt);
    return view !== undefined && view === vscode.window.activeTerminal;
  }

  /** Shows an attempt of a step, live or as it ended, and hands it the keyboard. */
  show(session: Session, step: Step, attempt: number): void {
    const view = this.viewOf(session, step, attempt);
    if (view && view.exitStatus === undefined) {
      view.show();
      return;
    }
    const program = session.runner.attach(session.guide.id, step.id, attempt, step.title);
    this.views.set(
      attemptKey(session, step.id, attempt),
      this.create(`${session.transport.label} · ${step.title}`, 'server-process', program),
    );
  }

  dispose(): void {
    this.closing.dispose();
    this.loginEnded.dispose();
    this.login?.dispose();
    for (const view of this.views.values()) view.dispose();
  }
}
