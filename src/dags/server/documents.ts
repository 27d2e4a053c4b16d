import type { TextDocumentContentChangeEvent } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { analyzeModule, prefilterFor, type Analysis, type AnalyzeOptions } from '../analyze';
import { isTooLarge } from '../files/files';
import { parse, parseAgain } from '../syntax/parser';
import type { Unchanged } from '../syntax/keep';
import type { PyModule } from '../syntax/types';

/** What a text has in common with itself. */
const ALL: Unchanged = { before: Infinity, behind: Infinity };

/** A document that the editor holds, with what was last found in it. */
export class OpenDocument {
  private readonly document: TextDocument;
  private concerned = false;
  private module: PyModule | null = null;
  /** What the text still has in common with that of `module`. */
  private unchanged: Unchanged = ALL;
  private cached: { readonly analysis: Analysis | null; readonly options: AnalyzeOptions } | null = null;

  constructor(uri: string, version: number, text: string) {
    this.document = TextDocument.create(uri, 'python', version, text);
  }

  get uri(): string {
    return this.document.uri;
  }

  get version(): number {
    return this.document.version;
  }

  get text(): string {
    return this.document.getText();
  }

  update(changes: readonly TextDocumentContentChangeEvent[], version: number): void {
    for (const change of changes) {
      this.unchanged = common(this.unchanged, this.leftBy(change));
      TextDocument.update(this.document, [change], version);
    }
    this.cached = null;
  }

  /**
   * The analysis of the text as it is now; null when nothing in it concerns any rule. It holds until the next one is
   * asked for.
   */
  analysis(options: AnalyzeOptions): Analysis | null {
    if (this.cached?.options !== options) {
      const { text, uri } = this;
      const concerns = this.concerns(text, options);
      const analysis = concerns ? analyzeModule(this.parsed(text), { ...options, file: uri }) : null;
      this.cached = { options, analysis };
    }
    return this.cached.analysis;
  }

  private parsed(text: string): PyModule {
    if (!this.module) this.module = parse(text);
    else if (this.unchanged !== ALL) this.module = parseAgain(text, this.module, this.unchanged);
    this.unchanged = ALL;
    return this.module;
  }

  private leftBy(change: TextDocumentContentChangeEvent): Unchanged {
    if (!('range' in change)) return { before: 0, behind: 0 };
    const { start, end } = change.range;
    return {
      before: this.document.offsetAt(start),
      behind: this.text.length - this.document.offsetAt(end),
    };
  }

  /** What concerned a rule once is looked at again without the question: while it is edited, it seldom changes. */
  private concerns(text: string, options: AnalyzeOptions): boolean {
    if (isTooLarge(text)) return false;
    this.concerned ||= prefilterFor(options).matches(text);
    return this.concerned;
  }
}

/** What two changes in a row leave as it was. */
function common(a: Unchanged, b: Unchanged): Unchanged {
  return { before: Math.min(a.before, b.before), behind: Math.min(a.behind, b.behind) };
}
