/**
 * The little of the browser's DOM that the page objects read. The DOM's own types would be global, also for the
 * extension's code, which has no page.
 */
export interface PageElement {
  readonly textContent: string;
  readonly style: { readonly top: string; readonly transform: string };
  getAttribute(name: string): string | null;
  querySelector(selector: string): PageElement | null;
}
