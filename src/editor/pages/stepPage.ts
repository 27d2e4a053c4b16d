import * as l10n from '@vscode/l10n';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { asKept, type CommandText, type FromPage } from '../../../webview/protocol';
import { HostProblem } from '../../host/problem';
import type { Session } from '../../host/session';
import { compose } from '../../migration/command';
import { isWritten, librariesOf } from '../../migration/guide';
import { nextStep, type RunStatus, type StepStatus } from '../../migration/run';
import { COMMAND_OF, commandId, PREFIX } from '../ids';
import { LogTail } from './logTail';
import { news } from '../run/news';
import { placeOf } from '../place';
import { showProblem, tell } from '../problems';
import type { Sessions } from '../sessions';
import { stepContent } from './stepContent';
import { whereText } from '../steps/stepText';
import type { StepNode } from '../steps/tree';
import { confirmValue, detect, type Found } from '../steps/values';
import { WebPanel } from './webPanel';

export const STEP_PAGE = `${PREFIX}.stepPage`;

const said = (error: unknown): string => (error instanceof HostProblem ? tell(error) : String(error));

/** The step that is on its way, or that comes next. */
const stepAtHand = (run: RunStatus): StepStatus | undefined => run.active ?? nextStep(run) ?? run.steps[0];

/** What was read of a session's values on the host. */
interface Reading {
  readonly session: Session;
  readonly found: ReadonlyMap<string, Found>;
  readonly state: string;
}

/** The one page about the selected step. Everything on it can also be had from tree, palette and documents. */
export class StepPages implements vscode.Disposable, vscode.WebviewPanelSerializer {
  private readonly panel: WebPanel;
  private readonly tail = new LogTail(() => this.update());
  private shown: string | undefined;
  private read: Reading | undefined;
  private rows: ReadonlyMap<string, string> = new Map();
  private rowsOf: string | undefined;
  private readonly following: vscode.Disposable;
  private readonly fail = (error: unknown): void => showProblem(error, this.output);

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly sessions: Sessions,
    private readonly output: vscode.LogOutputChannel,
  ) {
    this.panel = new WebPanel(
      extensionUri,
      STEP_PAGE,
      (message) => void this.receive(message).catch(this.fail),
      () => this.update(),
    );
    this.following = sessions.onDidChange(() => this.update());
  }

  /** Shows a step without taking the keyboard from the tree. */
  open({ id }: StepNode): void {
    this.shown = id;
    this.panel.show(this.status?.step.title ?? l10n.t('Step'));
    this.update();
  }

  /** Brings the page back after a reload: it shows what it showed, until the host has been seen again. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const kept = asKept(state)?.shown;
    if (kept?.type === 'step') this.shown = kept.page.id;
    this.panel.adopt(panel);
    return panel.visible ? this.sessions.open() : Promise.resolve();
  }

  private get status(): StepStatus | undefined {
    const session = this.sessions.current;
    return session?.known ? session.run.steps.find(({ step }) => step.id === this.shown) : undefined;
  }

  private async receive(message: FromPage): Promise<void> {
    const session = this.sessions.current;
    switch (message.type) {
      case 'ready':
        this.update();
        return;
      case 'act':
        if (this.shown === undefined) return;
        await vscode.commands.executeCommand(commandId(COMMAND_OF[message.action]), {
          kind: 'step',
          id: this.shown,
          ...(message.attempt === undefined ? {} : { attempt: message.attempt }),
        } satisfies StepNode);
        return;
      case 'run-command':
        await vscode.commands.executeCommand(commandId(message.command));
        return;
      case 'go':
        if (session?.run.steps.some(({ step }) => step.id === message.step))
          this.open({ kind: 'step', id: message.step });
        return;
      case 'value':
        this.panel.tell({
          type: 'value',
          name: message.name,
          ...(await this.confirm(session, message)),
        });
        return;
      case 'detect':
        this.read = undefined;
        this.update();
        return;
      case 'text':
        if (this.shown !== undefined)
          this.panel.tell({ type: 'text', step: this.shown, command: this.commandText() });
        return;
      case 'copy': {
        const { sha256, parts } = this.commandText();
        const text = message.what === 'sha256' ? sha256 : parts.map((part) => part.text).join('');
        await vscode.env.clipboard.writeText(text);
        return;
      }
    }
  }

  /** Takes a value that was typed on the page; answers what speaks against it, or an empty text. */
  private async confirm(
    session: Session | undefined,
    { host, name, value, anyway }: Extract<FromPage, { type: 'value' }>,
  ): Promise<{ problem: string; final: boolean }> {
    if (!session?.known)
      return { problem: l10n.t('There is no connection to the host. Nothing was changed.'), final: true };
    if (host !== whereText(session.transport.label, session.guide))
      return {
        problem: l10n.t`This window has come to ${session.transport.label}. Nothing was changed.`,
        final: true,
      };
    try {
      const objection = await confirmValue(session, name, value, anyway);
      return { problem: objection?.text ?? '', final: objection?.final ?? false };
    } catch (error) {
      return { problem: said(error), final: true };
    }
  }

  /** The exact text that the step would run now, in the parts in which it is read. */
  private commandText(): CommandText {
    const session = this.sessions.current;
    const step = this.status?.step;
    if (!session || !step || !isWritten(step))
      return { sha256: '', parts: [], problem: l10n.t('This version does not run this step.') };
    const open = step.uses.filter((name) => session.run.values[name] === undefined);
    if (open.length > 0) {
      const titles = session.guide.parameters.filter(({ name }) => open.includes(name));
      const names = titles.map(({ title }) => `"${title}"`).join(', ');
      return {
        sha256: '',
        parts: [],
        problem: l10n.t`The text is complete once these values are confirmed: ${names}.`,
      };
    }
    const { text, sha256 } = compose(session.guide, step, session.run.values);
    const [shared = ''] = librariesOf(session.guide, step);
    const begin = text.indexOf(shared.trimEnd());
    const own = text.indexOf(step.script.trimEnd());
    const parts = [
      { title: l10n.t('Values'), text: text.slice(0, begin) },
      { title: l10n.t('Shared functions'), text: text.slice(begin, own) },
      { title: l10n.t("The step's own part"), text: text.slice(own) },
    ];
    return { sha256, parts, problem: '' };
  }

  private update(): void {
    const session = this.sessions.current;
    // A page that came back without what it showed, as VS Code had not kept it yet, or that shows a step of another guide.
    if (session?.known && this.panel.visible && !this.status) this.shown = stepAtHand(session.run)?.step.id;
    const { status } = this;
    if (!session || !status) return;
    this.panel.rename(status.step.title);
    if (!this.panel.visible) return;
    void this.readRows(session.guide.id).catch(this.fail);
    this.readValues(session, status);
    const mine = this.read?.session === session ? this.read : undefined;
    const page = stepContent(
      {
        guide: session.guide,
        run: session.run,
        records: session.snapshot.journal.records,
        host: session.transport.label,
        place: placeOf(process.env),
        news: news(session),
        rows: this.rows,
        found: mine?.found ?? new Map(),
        reading: mine?.state ?? '',
        tail: this.tail.of(session, status),
      },
      status,
    );
    this.panel.tell({ type: 'step', page });
  }

  /** Reads the titles of the official guide's rows, which the extension ships. */
  private async readRows(guide: string): Promise<void> {
    if (this.rowsOf === guide) return;
    this.rowsOf = guide;
    const file = vscode.Uri.joinPath(this.extensionUri, 'dist', 'rows.json').fsPath;
    const rows = JSON.parse(await readFile(file, 'utf8')) as Record<
      string,
      { id: string; what: string }[] | undefined
    >;
    this.rows = new Map((rows[guide] ?? []).map(({ id, what }) => [id, what]));
    this.update();
  }

  /** Reads the guide's values from the host once a session, when a page first needs one that nobody confirmed. */
  private readValues(session: Session, { step }: StepStatus): void {
    const wanted = step.uses.some((name) => session.run.values[name] === undefined);
    if (!wanted || session.connection.state !== 'connected' || this.read?.session === session) return;
    const note = (found: ReadonlyMap<string, Found>, state: string) => {
      this.read = { session, found, state };
    };
    note(new Map(), l10n.t('Reading values from the host…'));
    const names = session.guide.parameters.map(({ name }) => name);
    void detect(session, names)
      .then(
        (found) => note(found, ''),
        (error: unknown) => note(new Map(), l10n.t`They could not be read from the host. ${said(error)}`),
      )
      .then(() => this.update());
  }

  dispose(): void {
    this.following.dispose();
    this.panel.dispose();
  }
}
