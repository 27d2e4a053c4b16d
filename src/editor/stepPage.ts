import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { asPageMessage, type Action, type AttemptLine, type StepPage } from '../../webview/protocol';
import { isWritten } from '../migration/guide';
import { isActive, isSettled, type Attempt, type StepStatus } from '../migration/run';
import { commandId, PREFIX, type Command } from './ids';
import type { Sessions } from './sessions';
import { byUrgency, deviationFacts, describe, facts, offersUndo } from './stepText';
import type { StepNode } from './stepsTree';
import { dateAndTime, ITEM_LOOK, NEEDS_A_PERSON, outcomeWord, timeOfDay, who } from './words';

const COMMAND_OF: Readonly<Record<Action, Command>> = {
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
};

const attemptLine = ({
  number,
  mode,
  outcome,
  requestedAt,
  actor,
  command,
  reason,
}: Attempt): AttemptLine => ({
  number,
  word: `${mode === 'undo' ? 'way back: ' : ''}${outcomeWord(outcome)}`,
  when: dateAndTime(requestedAt),
  who: who(actor),
  sha256: command,
  reason,
});

type PageAction = StepPage['actions'][number];

const offer = (applies: boolean, action: Action, label: string): PageAction[] =>
  applies ? [{ action, label }] : [];

/** What can be done with the step now, the likeliest first. */
function actionsFor(status: StepStatus, busy: boolean): PageAction[] {
  const { step, state, attempts, statement } = status;
  const written = isWritten(step);
  const active = isActive(state);
  const run = `${attempts.length > 0 ? 'Run Again' : 'Run'}${step.risk === 'read-only' ? '' : '…'}`;
  return [
    ...offer(active, 'terminal', 'Show Terminal'),
    ...offer(active, 'cancel', 'Stop…'),
    ...offer(written && !busy, 'run', run),
    ...offer(written && !active, 'check', 'Check'),
    ...offer(written, 'preview', 'Preview'),
    ...offer(attempts.length > 0, 'log', 'Open Log'),
    ...offer(!active && !isSettled(state), 'byHand', 'Done by Hand…'),
    ...offer(!active && !isSettled(state), 'skip', 'Skip…'),
    ...offer(statement !== undefined, 'reopen', 'Mark as Not Done'),
    ...offer(!busy && offersUndo(status), 'undo', 'Take Back…'),
  ];
}

/** The one page about the selected step. Everything on it can also be had from tree, palette and documents. */
export class StepPages implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private shown: string | undefined;
  private readonly following: vscode.Disposable;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly sessions: Sessions,
  ) {
    this.following = sessions.onDidChange(() => this.update());
  }

  /** Shows a step without taking the keyboard from the tree. */
  open({ id }: StepNode): void {
    this.shown = id;
    if (this.panel) this.panel.reveal(undefined, true);
    else this.create();
    this.update();
  }

  private create(): void {
    const dist = vscode.Uri.joinPath(this.extensionUri, 'dist');
    const panel = vscode.window.createWebviewPanel(
      `${PREFIX}.stepPage`,
      'Step',
      { viewColumn: vscode.ViewColumn.Active, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [dist] },
    );
    const media = vscode.Uri.joinPath(this.extensionUri, 'media');
    panel.iconPath = {
      light: vscode.Uri.joinPath(media, 'activity.svg'),
      dark: vscode.Uri.joinPath(media, 'activity-dark.svg'),
    };
    panel.onDidDispose(() => (this.panel = undefined));
    panel.webview.onDidReceiveMessage((data: unknown) => this.receive(data));
    panel.webview.html = html(panel.webview, dist);
    this.panel = panel;
  }

  private receive(data: unknown): void {
    const message = asPageMessage(data);
    if (!message || this.shown === undefined) return;
    if (message.type === 'ready') this.update();
    else {
      const { action, attempt } = message;
      const node: StepNode = { kind: 'step', id: this.shown, ...(attempt === undefined ? {} : { attempt }) };
      void vscode.commands.executeCommand(commandId(COMMAND_OF[action]), node);
    }
  }

  private update(): void {
    const status = this.sessions.current?.run.steps.find(({ step }) => step.id === this.shown);
    if (!this.panel || !status) return;
    this.panel.title = status.step.title;
    void this.panel.webview.postMessage({ type: 'show', page: this.page(status) });
  }

  private page(status: StepStatus): StepPage {
    const { step, state, reason, attempts, check } = status;
    const session = this.sessions.current;
    const run = session?.run;
    return {
      title: step.title,
      host: session?.transport.label ?? '',
      state: describe(status),
      reason,
      urgent: NEEDS_A_PERSON.some((candidate) => candidate === state),
      facts: facts(step),
      links: [
        ...(session?.guide.url === undefined
          ? []
          : [{ title: 'The official guide', url: session.guide.url }]),
        ...step.links,
      ],
      deviation: deviationFacts(step),
      values: (session?.guide.parameters ?? [])
        .filter(({ name }) => step.uses.includes(name))
        .map(({ name, title }) => ({ title, text: run?.values[name] ?? 'not confirmed yet' })),
      needs: (run?.steps ?? [])
        .filter((other) => step.needs.steps.includes(other.step.id))
        .map((other) => ({ title: other.step.title, text: describe(other) })),
      evidence: check ? `${check.result.evidence} (${timeOfDay(check.time)})` : '',
      list: byUrgency(check?.result.items ?? []).map((item) => ({
        ...item,
        word: ITEM_LOOK[item.verdict].word,
      })),
      attempts: attempts.toReversed().map(attemptLine),
      actions: actionsFor(status, run?.active !== undefined),
    };
  }

  dispose(): void {
    this.following.dispose();
    this.panel?.dispose();
  }
}

function html(webview: vscode.Webview, dist: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64url');
  const uri = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <link rel="stylesheet" href="${uri('stepPage.css')}">
    <title>Step</title>
  </head>
  <body><script nonce="${nonce}" src="${uri('stepPage.js')}"></script></body>
</html>`;
}
