import type { TextDocumentContentChangeEvent } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { analyzeModule, prefilterFor, type Analysis, type AnalyzeOptions } from './analyze';
import { IncrementalParser } from './parser';

/** A document that the editor holds, with what was last found in it. */
export class OpenDocument {
  private readonly parser = new IncrementalParser();
  private readonly document: TextDocument;
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
      const range = 'range' in change ? change.range : null;
      const from = range ? this.document.offsetAt(range.start) : 0;
      const to = range ? this.document.offsetAt(range.end) : this.text.length;
      TextDocument.update(this.document, [change], version);
      this.parser.edit(from, to, change.text.length);
    }
    this.cached = null;
  }

  /** The analysis of the text as it is now; null when nothing in it concerns any rule. */
  analysis(options: AnalyzeOptions): Analysis | null {
    if (this.cached?.options !== options) {
      const { text } = this;
      const relevant = prefilterFor(options).matches((needle) => text.indexOf(needle));
      this.cached = { options, analysis: relevant ? analyzeModule(this.parser.parse(text), options) : null };
    }
    return this.cached.analysis;
  }
}
