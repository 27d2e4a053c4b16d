import { config } from '@vscode/l10n';

/** The editor's words come with the page, as data: they are there before the first one is drawn, also after a reload. */
const bundle = document.querySelector<HTMLMetaElement>('meta[name="l10n"]')?.content;
if (bundle) config({ contents: bundle });
