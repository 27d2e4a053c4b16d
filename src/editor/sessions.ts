import * as l10n from '@vscode/l10n';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { LocalTransport } from '../host/local';
import { HostProblem } from '../host/problem';
import { Runner } from '../host/runner';
import { Session } from '../host/session';
import { SshTransport } from '../host/ssh';
import type { Guide } from '../migration/guide';
import { translated, type GuideWords } from '../migration/translation';
import { recognizeGuide, tellRecognized } from './guideChoice';
import { leavesFor } from './hostPicker';
import { TOLD_REASONS, type ViewState } from './ids';
import { hostSetting, sshSettings, THIS_MACHINE } from './settings';

const REMEMBERED = 'host';
/** Opened where neither a person nor the host says otherwise. */
const USUAL_GUIDE = '0.3.5-to-0.4.1';

/** Owns the one session of this window: which host, which guide, connected or not. */
export class Sessions implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  /** Fires after each change of host, connection or run. */
  readonly onDidChange = this.changed.event;
  private session: Session | undefined;
  /** The host of this window, once it was chosen or opened here. */
  private chosen: string | undefined;
  /** What the setting named when it was last looked at. */
  private set = hostSetting();
  private refused: HostProblem | undefined;
  private opening: Promise<void> | undefined;
  private openedBy: string | undefined;
  /** Counts what was opened and left, so that whoever opens sees that somebody has left meanwhile. */
  private turn = 0;
  /** Hosts that were asked already which guide they call for. */
  private readonly asked = new Set<string>();
  /** Somebody closed the connection; it opens again only when asked to. */
  private left = false;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  /** The session, also while it is not connected; undefined where no host is chosen or none can be used. */
  get current(): Session | undefined {
    return this.session;
  }

  /** The host as it was chosen or opened here, set, or remembered from another window of this machine. */
  get host(): string {
    return this.chosen ?? (hostSetting() || this.context.globalState.get<string>(REMEMBERED, ''));
  }

  /** What stands between the admin and the host. */
  get problem(): HostProblem | undefined {
    if (this.refused) return this.refused;
    const connection = this.session?.connection;
    return connection && 'problem' in connection ? connection.problem : undefined;
  }

  get viewState(): ViewState {
    if (this.host === '') return 'noHost';
    if (!vscode.workspace.isTrusted) return 'untrusted';
    if (this.left) return 'closed';
    if (this.session?.known) return 'connected';
    const reason = this.problem?.reason;
    if (reason === undefined) return 'connecting';
    return TOLD_REASONS.find((told) => told === reason) ?? 'failed';
  }

  /** Changes the host for this window. */
  async choose(host: string): Promise<void> {
    this.chosen = host;
    await this.reopen();
  }

  /** Every guide that the extension carries, the newest first. */
  async guides(): Promise<Guide[]> {
    const names = (await readdir(this.shipped('guides'))).filter((name) => name.endsWith('.json'));
    return Promise.all(
      names
        .sort()
        .reverse()
        .map((name) => this.readGuide(name.replace(/\.json$/, ''))),
    );
  }

  private guideKey(host: string): string {
    return `guide of ${host}`;
  }

  /** Opens another guide on this host, also the next time. */
  async chooseGuide(guide: string): Promise<void> {
    await this.context.globalState.update(this.guideKey(this.host), guide);
    await this.reopen();
  }

  /** Asks a host once, when nobody has chosen, which guide it calls for. */
  private async recognize(session: Session): Promise<void> {
    const { host } = this;
    if (!session.known || this.asked.has(host) || this.context.globalState.get(this.guideKey(host))) return;
    this.asked.add(host);
    try {
      const recognized = await recognizeGuide(session, await this.guides());
      if (!recognized || recognized.guide.id === session.guide.id || this.session !== session) return;
      await this.chooseGuide(recognized.guide.id);
      tellRecognized(recognized);
    } catch (error) {
      this.output.warn(`Which guide ${host} calls for cannot be told: ${String(error)}`);
    }
  }

  /** Keeps a host for later windows where the settings cannot; undefined where they do. */
  async remember(host: string | undefined): Promise<void> {
    await this.context.globalState.update(REMEMBERED, host);
  }

  /** Connects where a host is chosen and nothing is connected yet. Asks nobody anything. */
  open(): Promise<void> {
    if (this.left || this.session || this.refused || this.host === '' || !vscode.workspace.isTrusted)
      return Promise.resolve();
    this.opening ??= this.create(this.host);
    return this.opening;
  }

  /** Takes changed settings into account; nothing happens when they name what is already in use. */
  async settingsChanged(): Promise<void> {
    const before = this.set;
    this.set = hostSetting();
    if (this.set !== before) {
      if (this.set === '' || !this.keepsHost) this.chosen = undefined;
      else if (this.set !== this.host) void this.offer(this.set);
    }
    if (this.way() === this.openedBy) return;
    this.close();
    await this.open();
  }

  /**
   * Every window has the same setting, and each choice of a host writes it. Where a host's steps are seen, where somebody
   * logs in or has disconnected, another window's choice must not lead to another host.
   */
  private get keepsHost(): boolean {
    return this.left || this.session?.known === true || this.problem?.reason === 'needs-login';
  }

  private async offer(host: string): Promise<void> {
    if (await leavesFor(host, this.host)) await this.choose(host);
  }

  /** Host and ssh settings as one text, to see whether they have changed. */
  private way(): string {
    return JSON.stringify([this.host, sshSettings()]);
  }

  /** Leaves the session and connects again. */
  async reopen(): Promise<void> {
    this.left = false;
    this.close();
    await this.open();
  }

  /** Ends the shared connection to the host, for every window of this machine. What runs on the host goes on. */
  async disconnect(): Promise<void> {
    const transport = this.session?.transport;
    this.left = true;
    this.close();
    await transport?.disconnect();
  }

  private close(): void {
    this.turn++;
    this.session?.stop();
    this.session = undefined;
    this.opening = undefined;
    this.refused = undefined;
    this.changed.fire(undefined);
  }

  private async create(host: string): Promise<void> {
    const { turn } = this;
    this.chosen = host;
    this.openedBy = this.way();
    try {
      const session = await this.build(host);
      // Meanwhile another host or guide may have been chosen, or the window left.
      if (turn !== this.turn) return;
      session.onChange(() => {
        this.changed.fire(undefined);
        void this.recognize(session);
      });
      this.session = session;
      session.start();
    } catch (error) {
      if (turn !== this.turn) return;
      this.output.error(error instanceof Error ? error : String(error));
      this.refused = error instanceof HostProblem ? error : new HostProblem('unreadable', String(error));
    }
    this.changed.fire(undefined);
  }

  private async build(host: string): Promise<Session> {
    const [guide, script] = await Promise.all([
      this.readGuide(this.context.globalState.get(this.guideKey(host), USUAL_GUIDE)),
      readFile(this.shipped('runner.sh'), 'utf8'),
    ]);
    const transport =
      host === THIS_MACHINE ? new LocalTransport() : await SshTransport.create(host, sshSettings());
    const { id } = this.context.extension;
    const { version } = this.context.extension.packageJSON as { version: string };
    return new Session(
      guide,
      transport,
      new Runner(transport, script, `${vscode.env.appName}, ${id} ${version}`),
    );
  }

  private shipped(...path: string[]): string {
    return join(this.context.extensionPath, 'dist', ...path);
  }

  private async readGuide(id: string): Promise<Guide> {
    const file = this.shipped('guides', `${id}.json`);
    try {
      const guide = JSON.parse(await readFile(file, 'utf8')) as Guide;
      const words = await this.guideWords(id);
      return words ? translated(guide, words) : guide;
    } catch (error) {
      throw new HostProblem('damaged', l10n.t`The guide ${id} cannot be read from ${file}: ${String(error)}`);
    }
  }

  /** A guide's words in the editor's language; undefined where there are none. */
  private async guideWords(id: string): Promise<GuideWords | undefined> {
    const [language = ''] = vscode.env.language.split('-');
    const file = this.shipped('guides', language, `${id}.json`);
    return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as GuideWords) : undefined;
  }

  dispose(): void {
    this.close();
    this.changed.dispose();
  }
}
