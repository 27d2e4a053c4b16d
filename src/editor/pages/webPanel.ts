import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { asFromPage, type FromPage, type ToPage } from '../../../webview/protocol';
import { escapeHtml } from '../../migration/html';
import { bundle } from '../l10n';

/** How long a page may take to say its first word. VS Code at times leaves a tab blank for good, above all its first one. */
const BLANK_MS = 10_000;

/** One editor tab with a page of ours, which knows nothing but what it is told and can do nothing but ask. */
export class WebPanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  /** The page that is in sight: each time that its tab comes into sight, VS Code loads it anew. */
  private page: { readonly since: number; heard: boolean } | undefined;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly viewType: string,
    private readonly receive: (message: FromPage) => void,
    /** The tab came into sight, or went out of it. */
    private readonly seen: () => void,
  ) {}

  get visible(): boolean {
    return this.panel?.visible ?? false;
  }

  private get isBlank(): boolean {
    return this.page?.heard === false && Date.now() - this.page.since > BLANK_MS;
  }

  /** Shows the tab without taking the keyboard from where it is; one that stayed blank gives way to another. */
  show(title: string): void {
    if (this.panel && !this.isBlank) this.panel.reveal(undefined, true);
    else {
      void vscode.window.tabGroups.close(this.restoredTabs(), true);
      const place = { viewColumn: vscode.ViewColumn.Active, preserveFocus: true };
      this.adopt(vscode.window.createWebviewPanel(this.viewType, title, place));
    }
  }

  /** Tabs of an earlier window that VS Code hands over only once somebody looks at them. */
  private restoredTabs(): readonly vscode.Tab[] {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    // VS Code puts a prefix of its own before the type.
    return tabs.filter(
      ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(this.viewType),
    );
  }

  /** Takes over a tab that VS Code brought back after a reload. */
  adopt(panel: vscode.WebviewPanel): void {
    this.panel?.dispose();
    this.panel = panel;
    const dist = vscode.Uri.joinPath(this.extensionUri, 'dist');
    const media = vscode.Uri.joinPath(this.extensionUri, 'media');
    panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    panel.iconPath = {
      light: vscode.Uri.joinPath(media, 'activity.svg'),
      dark: vscode.Uri.joinPath(media, 'activity-dark.svg'),
    };
    panel.onDidDispose(() => {
      if (this.panel === panel) this.panel = undefined;
    });
    this.page = undefined;
    this.followPage();
    panel.onDidChangeViewState(() => {
      this.followPage();
      this.seen();
    });
    panel.webview.onDidReceiveMessage((data: unknown) => {
      if (this.page) this.page.heard = true;
      const message = asFromPage(data);
      if (message) this.receive(message);
    });
    panel.webview.html = html(panel.webview, dist);
  }

  private followPage(): void {
    this.page = this.visible ? (this.page ?? { since: Date.now(), heard: false }) : undefined;
  }

  tell(message: ToPage): void {
    void this.panel?.webview.postMessage(message);
  }

  rename(title: string): void {
    if (this.panel && this.panel.title !== title) this.panel.title = title;
  }

  dispose(): void {
    this.panel?.dispose();
  }
}

/** No script but ours, no style but ours, nothing from elsewhere. */
function html(webview: vscode.Webview, dist: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64url');
  const uri = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="l10n" content="${escapeHtml(JSON.stringify(bundle))}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${uri('page.css')}">
    <title>Kaapana Migration</title>
  </head>
  <body><script nonce="${nonce}" src="${uri('page.js')}"></script></body>
</html>`;
}
