import { readRaw, textOf } from './files';
import type { Prefilter } from '../rules/prefilter';

/** How many characters of the files are kept; what is beyond is read again. */
const MAX_SIZE = 32 * 1024 * 1024;

/**
 * The files of which a scan saw nothing of interest. Once it is known which classes of the project derive from an
 * operator, they are asked again, mostly without being read again.
 */
export class PassedOver {
  private readonly files: { readonly path: string; readonly raw: string | null }[] = [];
  private size = 0;

  add(path: string, raw: string): void {
    this.size += raw.length;
    this.files.push({ path, raw: this.size > MAX_SIZE ? null : raw });
  }

  /** The text of each file that concerns a rule after all; null for each that does not, so that one can pause there. */
  *again(prefilter: Prefilter): Generator<{ readonly path: string; readonly text: string } | null> {
    for (const { path, raw } of this.files) {
      const read = raw === null ? readRaw(path) : { raw };
      const found = 'problem' in read ? read : textOf(path, read.raw, prefilter);
      yield 'text' in found && found.text !== null ? { path, text: found.text } : null;
    }
  }
}
