import type { PyModule } from './syntax/types';

/** How much text is kept parsed, which takes some fifty times as much memory; what is beyond is parsed again. */
const MAX_BYTES = 512 * 1024;

/**
 * The files that a scan parsed to learn what they say about the project. Each is asked for once more, at the end of the
 * scan, for its findings.
 */
export class JustParsed {
  private readonly files = new Map<string, { readonly bytes: Buffer; readonly module: PyModule }>();
  private size = 0;

  add(path: string, bytes: Buffer, module: PyModule): void {
    this.size += bytes.length;
    if (this.size <= MAX_BYTES) this.files.set(path, { bytes, module });
  }

  /** What a file was parsed to, if it still holds the same; it is handed out once. */
  take(path: string, bytes: Buffer): PyModule | null {
    const known = this.files.get(path);
    this.files.delete(path);
    return known?.bytes.equals(bytes) ? known.module : null;
  }

  clear(): void {
    this.files.clear();
    this.size = 0;
  }
}
