import type { TextDocumentContentChangeEvent } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { analyzeModule, prefilterFor, type Analysis, type AnalyzeOptions } from './analyze';
import { MAX_BYTES } from './files';
import { parse } from './parser';

/** A document that the editor holds, with what was last found in it. */
export class OpenDocument {
  private readonly document: TextDocument;
  private concerned = false;
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
    TextDocument.update(this.document, [...changes], version);
    this.cached = null;
  }

  /** The analysis of the text as it is now; null when nothing in it concerns any rule. */
  analysis(options: AnalyzeOptions): Analysis | null {
    if (this.cached?.options !== options) {
      const { text } = this;
      this.cached = {
        options,
        analysis: this.concerns(text, options)
          ? analyzeModule(parse(text), { ...options, file: this.uri })
          : null,
      };
    }
    return this.cached.analysis;
  }

  /** What concerned a rule once is looked at again without the question: while it is edited, it seldom changes. */
  private concerns(text: string, options: AnalyzeOptions): boolean {
    if (text.length > MAX_BYTES) return false;
    this.concerned ||= prefilterFor(options).matches((needle) => text.indexOf(needle));
    return this.concerned;
  }
}
