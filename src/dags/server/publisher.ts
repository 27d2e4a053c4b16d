import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DiagnosticSeverity, type Connection, type Diagnostic } from 'vscode-languageserver/node';
import type { Analysis } from '../analyze';
import { LineIndex } from '../lines';
import { SOURCE, toDiagnostic } from './convert';

/** A document or file as it is now; `version` only where an editor holds it. */
export interface Published {
  readonly text: string;
  readonly version?: number;
  readonly analysis: Analysis | null;
}

/** Tells the editor what is found, once for all changes that arrive together. */
export class Publisher {
  /** Documents to be looked at again. */
  private readonly waiting = new Set<string>();
  /** Documents that have diagnostics at the editor. */
  private readonly published = new Set<string>();
  private readonly pages = new Map<string, string | null>();

  constructor(
    private readonly connection: Connection,
    /** What stands in a document, or in a file that concerns a rule. */
    private readonly look: (uri: string) => Published | null,
  ) {}

  /** All documents that the editor shows findings of. */
  get shown(): Iterable<string> {
    return this.published;
  }

  soon(uri: string): void {
    if (this.waiting.size === 0) {
      setImmediate(() => {
        const uris = [...this.waiting];
        this.waiting.clear();
        for (const one of uris) this.publish(one);
      });
    }
    this.waiting.add(uri);
  }

  /** What is wrong in a configuration file. Where in it, is told by its schema. */
  config(path: string, problems: readonly string[]): void {
    const range = { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } };
    const diagnostics = problems.map((message): Diagnostic => ({
      source: SOURCE,
      severity: DiagnosticSeverity.Warning,
      message,
      range,
    }));
    void this.connection.sendDiagnostics({ uri: pathToFileURL(path).href, diagnostics });
  }

  private publish(uri: string): void {
    const found = this.look(uri);
    const findings = found?.analysis?.findings ?? [];
    // A file that had nothing and has nothing is not worth a message; an open document always gets its version.
    if (findings.length === 0 && found?.version === undefined && !this.published.has(uri)) return;
    const lines = new LineIndex(found?.text ?? '');
    const diagnostics = findings.map((finding) =>
      toDiagnostic(finding, uri, lines, (code) => this.page(code)),
    );
    if (diagnostics.length > 0) this.published.add(uri);
    else this.published.delete(uri);
    const version = found?.version === undefined ? {} : { version: found.version };
    void this.connection.sendDiagnostics({ uri, diagnostics, ...version });
  }

  /** The page of a rule, which lies in `rules/` next to the bundled server. */
  private page(code: string): string | null {
    const known = this.pages.get(code);
    if (known !== undefined) return known;
    const path = join(__dirname, 'rules', `${code}.md`);
    const page = existsSync(path) ? pathToFileURL(path).href : null;
    this.pages.set(code, page);
    return page;
  }
}
