import { readBytes, textOf } from './files';
import type { Prefilter } from './prefilter';

/** How much of the files is kept; what is beyond is read again. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The files of which a scan saw nothing of interest. Once it is known which classes of the project derive from an
 * operator, they are asked again, mostly without being read again.
 */
export class PassedOver {
  private readonly files: { readonly path: string; readonly bytes: Buffer | null }[] = [];
  private size = 0;

  add(path: string, bytes: Buffer): void {
    this.size += bytes.length;
    this.files.push({ path, bytes: this.size > MAX_BYTES ? null : bytes });
  }

  /** The text of each file that concerns a rule after all; null for each that does not, so that one can pause there. */
  *again(prefilter: Prefilter): Generator<{ readonly path: string; readonly text: string } | null> {
    for (const { path, bytes } of this.files) {
      const read = bytes ? { bytes } : readBytes(path);
      const found = 'problem' in read ? read : textOf(read.bytes, prefilter);
      yield 'text' in found && found.text !== null ? { path, text: found.text } : null;
    }
  }
}
