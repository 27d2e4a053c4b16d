import { config } from '@vscode/l10n';

/** The editor's words come with the page, as data: they are there before the first one is drawn, also after a reload. */
const bundle = document.querySelector<HTMLMetaElement>('meta[name="l10n"]')?.content;
if (bundle) config({ contents: bundle });

/** The editor's language; where the page does not say, that of the browser. */
const locale = document.documentElement.lang || undefined;

/** A number with the separators of the language. */
export const grouped = (number: number): string => number.toLocaleString(locale);
