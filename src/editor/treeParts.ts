import * as vscode from 'vscode';

/** An icon of the theme, in a colour of the theme. */
export const icon = (look: { readonly icon: string; readonly color?: string }): vscode.ThemeIcon =>
  new vscode.ThemeIcon(look.icon, look.color === undefined ? undefined : new vscode.ThemeColor(look.color));

/** Text as Markdown that shows exactly that. `appendText` would glue its words together, so that lines break anywhere. */
const literal = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-.!|<>~&]/g, '\\$&');

/** Adds facts to a tooltip, a paragraph each. */
export function factList(
  entries: readonly { readonly title: string; readonly text: string }[],
  into: vscode.MarkdownString,
): void {
  for (const { title, text } of entries) into.appendMarkdown(`\n\n**${title}:** ${literal(text.trim())}`);
}
